"""What is remembered across runs: values by key, with metadata, found by what they say.

Three stores with one interface (`MemoryStore`): `InProcessMemory` lasts as long as the process,
`Memory` is an SQLite file with full-text search, and `FileMemory` a JSON file that people can read.
Several processes may use one file at once.
"""

from .base import Embedder, Hit, MemoryStore
from .file import FileMemory
from .in_process import InProcessMemory
from .sqlite import Memory, memory_file

__all__ = [
    "Embedder",
    "FileMemory",
    "Hit",
    "InProcessMemory",
    "Memory",
    "MemoryStore",
    "memory_file",
]
