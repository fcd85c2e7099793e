"""What the server can do: a module a feature, each a pure function of a snapshot and a place."""
