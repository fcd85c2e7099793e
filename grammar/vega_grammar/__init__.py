"""The grammars and declarative tables of the language: data that every other part reads."""
