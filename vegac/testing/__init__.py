"""Tests as part of the language: reading, running, comparing and reporting them."""
