"""From text to trees: YAML with exact places, text with holes, expressions."""
