"""Files as bytes, and no more of them than a program may have."""

from pathlib import Path
from typing import BinaryIO, Final

MAX_FILE_BYTES: Final = 4 * 1024 * 1024


def read_bytes(source: Path | BinaryIO) -> bytes:
    """The bytes of a file, or of a stream, up to the first one beyond the limit.

    So an endless one, such as a device, ends too. Raises OSError.
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)
    return source.read(MAX_FILE_BYTES + 1)
