"""Confining a command with Landlock: it writes in the sandbox only, and reads little else."""

import contextlib
import ctypes
import errno
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_KEPT_CAPABILITIES = (0, 1, 3)
"""To change the owner and pass the permissions of files, which Landlock bounds; no others."""
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_ALL_OF_VERSION_1 = (1 << 13) - 1
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_SCOPES = 0b11
"""No signals and no abstract sockets to processes outside."""

_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix/store", "/proc"),
    *("/sys", "/run/current-system", "/run/systemd/resolve", "/var/lib/dpkg"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(*arguments: object) -> int:
    result: int = _libc().syscall(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


@cache
def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def available() -> bool:
    """Whether commands can be confined here."""
    return version() > 0


def confinement() -> str | None:
    """Why commands cannot be confined here; None where they can."""
    if sys.platform != "linux":
        return f"Landlock is Linux's, and this is {sys.platform}"
    try:
        _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError as problem:
        reasons = {
            errno.ENOSYS: "this kernel has no Landlock (it came with Linux 5.13)",
            errno.EOPNOTSUPP: "Landlock is switched off in this kernel (boot parameter lsm=)",
            errno.EPERM: "a filter of this container does not allow Landlock",
        }
        return reasons.get(problem.errno or 0) or f"Landlock does not answer ({problem})"
    return None


def rules(
    writable: Sequence[Path | str], readable: Sequence[Path | str], path: str
) -> Callable[[], None]:
    """What restricts the calling thread, and every process it starts from then on.

    Writing only beneath `writable`; reading and running there, beneath `readable`, in the system's
    own folders and in those of `path`. Home folders stay closed.
    """
    handled = _ALL_OF_VERSION_1
    for since, access in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if version() >= since:
            handled |= access
    everything = handled & ~_IOCTL_DEV
    allowed = [
        *((name, _READ) for name in (*_SYSTEM, *_interpreter(), *path.split(os.pathsep))),
        *((name, _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV) for name in _DEVICES),
        *((str(name), _READ) for name in readable),
        *((str(name), everything) for name in writable),
    ]

    def restrict() -> None:
        scopes = _SCOPES if version() >= 6 else 0
        ruleset = _Ruleset(handled, 0, scopes)
        size = ctypes.c_size_t(24 if version() >= 6 else 8)
        fd = _call(_CREATE_RULESET, ctypes.byref(ruleset), size, ctypes.c_uint32(0))
        try:
            for name, access in allowed:
                _allow(fd, name, access & handled)
            for capability in range(64):
                # As root a command could read the memory of others. Others have none to drop.
                if capability not in _KEPT_CAPABILITIES:
                    _libc().prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
            if _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "cannot give up new privileges")
            _call(_RESTRICT_SELF, fd, ctypes.c_uint32(0))
        finally:
            os.close(fd)

    return restrict


def _interpreter() -> Iterable[str]:
    """Where this Python lives, so that `python` works in a virtual environment."""
    return (sys.prefix, sys.base_prefix)


def _allow(ruleset: int, name: str, access: int) -> None:
    with contextlib.suppress(FileNotFoundError, PermissionError, NotADirectoryError):
        fd = os.open(name, os.O_PATH | os.O_CLOEXEC)
        try:
            if not Path(f"/proc/self/fd/{fd}").is_dir():
                access &= _FILE_ONLY
            rule = _PathBeneath(access, fd)
            _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))
        finally:
            os.close(fd)
