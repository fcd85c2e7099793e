"""Files as bytes, and no more of them than a program may have; and which files there are.

Unlike the methods of paths, the questions here raise nothing in folders that are closed to us.
"""

import os
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


def is_file(path: Path) -> bool:
    """Whether there is such a file, as far as we may look."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Whether there is such a folder, as far as we may look."""
    return os.path.isdir(path)  # noqa: PTH112


def is_missing(path: Path) -> bool:
    """Whether there is nothing; of what we may not look at, reading tells what is wrong."""
    try:
        return not path.exists()
    except OSError:
        return False
