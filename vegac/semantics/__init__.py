"""Meaning: types, names and scopes, filter signatures, what is assigned where."""
