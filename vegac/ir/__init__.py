"""The typed intermediate representation: what a program means, without sugar."""
