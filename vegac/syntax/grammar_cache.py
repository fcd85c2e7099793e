"""Keeps the tables that are made from a grammar in the user's cache directory."""

import hashlib
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

import vega_grammar
from vegac.syntax.lalr import Tables, make_tables

_FORMAT = 2  # of the tables; to be raised whenever `make_tables` changes what it makes

_decode = msgspec.msgpack.Decoder(Tables).decode
_encode = msgspec.msgpack.Encoder().encode


def load_tables(name: str) -> Tables:
    """The tables of the grammar `NAME.lark`, from the cache if it has them.

    A cache that cannot be read or written costs time, never an error.
    """
    grammar = Path(vega_grammar.__file__).with_name(f"{name}.lark").read_text(encoding="utf-8")
    path = _cache_path(name, grammar)
    if path is not None:
        try:
            return _decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError):
            pass
    tables = make_tables(grammar)
    if path is not None:
        _write(path, _encode(tables))
    return tables


def cache_directory() -> Path | None:
    """Where Vega may keep what can be made again, or None where there is no such place."""
    chosen = os.environ.get("VEGA_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "vega"
    except RuntimeError:  # no home directory
        return None


def _cache_path(name: str, grammar: str) -> Path | None:
    directory = cache_directory()
    if directory is None:
        return None
    version = f"{_FORMAT} {sys.version} {_lark_version()} {grammar}"
    digest = hashlib.sha256(version.encode()).hexdigest()[:16]
    return directory / f"{name}-{digest}.tables"


def _lark_version() -> str:
    """What tells versions of Lark apart without importing it: the text of its first module."""
    spec = find_spec("lark")
    if spec is None or spec.origin is None:
        return ""
    try:
        return Path(spec.origin).read_text(encoding="utf-8")
    except OSError:
        return ""


def _write(path: Path, data: bytes) -> None:
    # Another process may read or write the same file: it must only ever see a complete one.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(data)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
