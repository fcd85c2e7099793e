"""What other tools call the keys of the language."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "args": ("with", "params"),
    "arguments": ("with", "params"),
    "as": ("save",),
    "attempts": ("max_attempts",),
    "concurrency": ("parallel", "limit"),
    "condition": ("if", "until"),
    "content": ("send",),
    "instructions": ("system",),
    "max_concurrency": ("parallel", "limit"),
    "max_retries": ("max_attempts", "retry"),
    "message": ("send",),
    "output": ("save",),
    "parameters": ("params",),
    "prompt": ("send", "system"),
    "register": ("save",),
    "result": ("save", "output"),
    "retries": ("max_attempts", "retry"),
    "return": ("output",),
    "returns": ("output",),
    "store": ("save",),
    "system_message": ("system",),
    "system_prompt": ("system",),
    "when": ("if",),
}
"""The keys that a word may stand for, the likelier ones first. A table that has a key of that name
never asks."""

TYPES: dict[str, str] = {
    "bool": "boolean",
    "dict": "object",
    "double": "number",
    "float": "number",
    "int": "integer",
    "str": "string",
    "text": "string",
}
"""What other languages call the types."""
