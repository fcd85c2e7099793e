"""Lowering: from trees to IR, typing and resolving on the way."""
