"""What only follows from another mistake and is withheld, so that one mistake is one finding."""
