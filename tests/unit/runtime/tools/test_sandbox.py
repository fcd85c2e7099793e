"""The sandbox: what is in it can be used, and nothing else can be reached."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from vega_runtime.errors import ToolError
from vega_runtime.tools import Root, Sandbox
from vega_runtime.tools.directory import best_method

METHODS = ["kernel", "walk", "path"] if best_method() == "kernel" else ["walk", "path"]
SECRET = "the secret outside"


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def box(tmp_path: Path, method: str) -> Sandbox:
    """A sandbox with files and links in it, beside a secret."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text(SECRET)
    (tmp_path / "boxes").mkdir()
    (tmp_path / "boxes" / "secret.txt").write_text(SECRET)
    root = tmp_path / "box"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "a.txt").write_text("inside")
    (root / "sub" / "b.txt").write_text("b inside")
    outside = tmp_path / "outside"
    links = {
        "absolute": outside / "secret.txt",
        "relative": Path("../outside/secret.txt"),
        "folder": outside,
        "sub/up": Path("../.."),
        "sub/deep/far": Path("../../../outside"),
        "chain1": Path("chain2"),
        "chain2": Path("sub/chain3"),
        "sub/chain3": Path("../../outside/secret.txt"),
        "loop1": Path("loop2"),
        "loop2": Path("loop1"),
        "self": Path("self"),
        "root": Path("/"),
        "etc": Path("/etc"),
        "proc": Path("/proc/self/root"),
        "cwd": Path("/proc/self/cwd"),
        "fds": Path("/proc/self/fd"),
        "dangling": outside / "new.txt",
        "absolute_inside": root / "a.txt",
        "through": Path("sub/../../outside/secret.txt"),
        "dots": Path("./././../outside/secret.txt"),
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    (root / "good").symlink_to("a.txt")
    (root / "sub" / "back").symlink_to("../a.txt")
    (root / "also").symlink_to("sub")
    return Sandbox(root, method=method)


ESCAPES = [
    "/etc/passwd",
    "//etc/passwd",
    "///etc/passwd",
    "/",
    "/proc/self/environ",
    "/proc/self/root/etc/passwd",
    "/dev/null",
    "/dev/zero",
    "..",
    "../",
    "../outside/secret.txt",
    "../../etc/passwd",
    "../../../../../../../../etc/passwd",
    "../boxes/secret.txt",
    "../box/../outside/secret.txt",
    "./../outside/secret.txt",
    "sub/../../outside/secret.txt",
    "sub/deep/../../../outside/secret.txt",
    "sub/./.././../outside/secret.txt",
    "sub//..//..//outside/secret.txt",
    "nothing/../../outside/secret.txt",
    "a.txt/../../outside/secret.txt",
    "good/../../outside/secret.txt",
    "....//outside/secret.txt/../../../..",
    "..;/outside/secret.txt/../../..",
    "..\\outside\\secret.txt",
    "..\\..\\etc\\passwd",
    "sub\\..\\..\\outside\\secret.txt",
    "\\etc\\passwd",
    "C:\\Windows\\win.ini",
    "\\\\server\\share",
    "~",
    "~/secret.txt",
    "~root/.ssh/id_rsa/../../..",
    "a.txt\0",
    "\0",
    "a.txt\0/../../outside/secret.txt",
    "../outside/secret.txt\0.png",
    "",
    "a\n.txt",
    "a\r.txt",
    "\x1b[2Ja.txt",
    "a\u202etxt.exe",
    "a\u2066b",
    "a\u200bb",
    "\ufeffa.txt",
    "a\u2028b",
    "\ud800.txt",
    "a" * 300,
    "é" * 200,
    "a/" * 3000 + "b",
    "absolute",
    "relative",
    "folder",
    "folder/secret.txt",
    "folder/../outside/secret.txt",
    "sub/up/outside/secret.txt",
    "sub/up",
    "sub/deep/far/secret.txt",
    "chain1",
    "chain2",
    "sub/chain3",
    "also/chain3",
    "also/up/outside/secret.txt",
    "also/../../outside/secret.txt",
    "loop1",
    "self",
    "self/self/x",
    "root/etc/passwd",
    "root",
    "etc/passwd",
    "etc/hostname",
    "proc/etc/passwd",
    "cwd/pyproject.toml",
    "fds/0",
    "fds/1",
    "dangling",
    "absolute_inside",
    "through",
    "dots",
    "./absolute",
    "sub/../absolute",
    "%2e%2e/outside/secret.txt",
    "..%2foutside%2fsecret.txt",
    "%2e%2e%2foutside",
    "..%c0%afoutside",
    "．．/outside/secret.txt",
    "․․/outside/secret.txt",
    "..／outside／secret.txt",
    "．．／outside／secret.txt",
    "file:///etc/passwd",
    "file://../outside/secret.txt",
    "http://localhost/",
    "$HOME/secret.txt",
    "`id`",
    "*",
    "sub/*",
    "a.txt/",
    "a.txt/b",
    "sub",
    ".",
    "./",
]
"""No names of files inside but `a.txt/`: all are refused, or there is no such file."""


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_outside_is_read(box: Sandbox, method: str, path: str) -> None:
    if (method == "path" and path == "absolute_inside") or path == "a.txt/":
        assert box.read(path)[0] == b"inside"
    else:
        with pytest.raises(ToolError, match="sandbox"):
            box.read(path)


OUTSIDE = [path for path in ESCAPES if path.rstrip("/") not in ("a.txt", "absolute_inside")]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_is_written(box: Sandbox, tmp_path: Path, path: str) -> None:
    for append in (False, True):
        with suppress(ToolError):
            box.write(path, b"written", append=append)
    assert sorted(entry.name for entry in (tmp_path / "outside").iterdir()) == ["secret.txt"]
    assert (tmp_path / "outside" / "secret.txt").read_text() == SECRET
    assert (tmp_path / "boxes" / "secret.txt").read_text() == SECRET
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["box", "boxes", "outside"]


@pytest.mark.parametrize(
    "path", ["..", "folder", "root", "etc", "sub/up", "/", "proc", "fds", "loop1", "a.txt"]
)
def test_nothing_outside_is_listed_or_entered(box: Sandbox, path: str) -> None:
    with pytest.raises(ToolError, match="sandbox"):
        box.list(path)
    with pytest.raises(ToolError, match="sandbox"), box.folder(path):
        pass


def test_listing_does_not_follow_links(box: Sandbox) -> None:
    names, more = box.list(recursive=True)
    assert not more
    assert "folder" in names
    assert not any(name.startswith(("folder/", "root/", "sub/up/")) for name in names)
    assert {"a.txt", "sub/", "sub/b.txt", "sub/deep/"} <= set(names)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.txt", "inside"),
        ("./a.txt", "inside"),
        ("sub/b.txt", "b inside"),
        ("sub//b.txt", "b inside"),
        ("sub/../a.txt", "inside"),
        ("nothing/../a.txt", "inside"),
        ("good", "inside"),
        ("also/b.txt", "b inside"),
        ("sub/back", "inside"),
        ("also/back", "inside"),
    ],
)
def test_what_is_inside_is_read(box: Sandbox, path: str, content: str) -> None:
    assert box.read(path) == (content.encode(), len(content))


@pytest.mark.parametrize(
    "path",
    ["new.txt", "x/y/z.txt", "also/new.txt", "sub/deep/n", "ä ö.txt", "👩‍💻.md", "-rf", "a b"],
)
def test_writing_inside(box: Sandbox, path: str) -> None:
    box.write(path, b"one")
    assert box.read(path) == (b"one", 3)
    box.write(path, b"two", append=True)
    assert box.read(path) == (b"onetwo", 6)
    box.write(path, b"three")
    assert box.read(path) == (b"three", 5)
    names, _ = box.list(recursive=True)
    assert not any(".vega-" in name for name in names)


def test_without_mkdir_a_missing_folder_is_told(box: Sandbox) -> None:
    with pytest.raises(ToolError, match=r"no 'x/y\.txt' in the sandbox"):
        box.write("x/y.txt", b"", make_folders=False)


def test_writing_keeps_the_mode_of_a_file(box: Sandbox) -> None:
    path = box.path / "a.txt"
    path.chmod(0o750)
    box.write("a.txt", b"new")
    assert path.stat().st_mode & 0o777 == 0o750


def test_a_reader_sees_the_old_or_the_new_file(box: Sandbox) -> None:
    """Writing is atomic: in between there is never half a file."""
    old, new = b"a" * 200_000, b"b" * 200_000
    box.write("big", old)
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(box.read("big")[0])

    reader = threading.Thread(target=read)
    reader.start()
    for index in range(60):
        box.write("big", new if index % 2 else old)
    done.set()
    reader.join()
    assert seen <= {old, new}


@pytest.fixture
def special(box: Sandbox) -> Iterator[Sandbox]:
    """With things in it that are no files, and that would block whoever opens them."""
    with ExitStack() as stack:
        os.mkfifo(box.path / "pipe")
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        here = Path.cwd()
        os.chdir(box.path)  # a socket's path must be short
        server.bind("socket")
        os.chdir(here)
        with suppress(PermissionError):
            os.mknod(box.path / "device", 0o20666, os.makedev(1, 5))
        (box.path / "to_pipe").symlink_to("pipe")
        yield box


@pytest.mark.timeout(20)
@pytest.mark.parametrize("path", ["pipe", "socket", "device", "to_pipe"])
def test_devices_pipes_and_sockets_are_refused_at_once(special: Sandbox, path: str) -> None:
    if not os.path.lexists(special.path / path):
        pytest.skip("a device file cannot be made here")
    uses: list[Callable[[], object]] = [
        lambda: special.read(path),
        lambda: special.write(path, b"x"),
        lambda: special.write(path, b"x", append=True),
    ]
    for use in uses:
        with pytest.raises(ToolError, match="sandbox"):
            use()


@pytest.mark.timeout(20)
def test_a_pipe_with_a_reader_is_refused_too(special: Sandbox) -> None:
    reader = os.open(special.path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(ToolError, match="sandbox"):
            special.write("pipe", b"x", append=True)
        assert os.read(reader, 10) == b""
    finally:
        os.close(reader)


def test_what_has_another_name_outside_is_not_changed_there(box: Sandbox, tmp_path: Path) -> None:
    """A hard link, made by somebody else: no tool makes one."""
    secret = tmp_path / "outside" / "secret.txt"
    os.link(secret, box.path / "linked")
    with pytest.raises(ToolError, match="another name"):
        box.write("linked", b"added", append=True)
    box.write("linked", b"mine")
    assert secret.read_text() == SECRET
    assert box.read("linked")[0] == b"mine"
    assert (box.path / "linked").stat().st_nlink == 1
    box.write("linked", b" too", append=True)
    assert box.read("linked")[0] == b"mine too"


PROC = [
    *("/proc/self/mem", "/proc/self/environ", "/proc/1/root/etc/passwd", "/proc/self/cwd/x"),
    *("/proc/thread-self/fd/0", "/dev/fd/0", "/dev/stdin", "/dev/mem", "/dev/kmsg", "/sys/kernel"),
]


@pytest.mark.parametrize("target", PROC)
@pytest.mark.parametrize("way", ["path", "link", "folder"])
def test_the_systems_own_files_stay_closed(box: Sandbox, target: str, way: str) -> None:
    """By their path, through a link to them, and through a link to a folder above them."""
    folder, _, name = target.rpartition("/")
    path = {"path": target, "link": "to", "folder": f"to/{name}"}[way]
    if way != "path":
        (box.path / "to").symlink_to(target if way == "link" else folder)
    for use in (
        lambda: box.read(path),
        lambda: box.write(path, b"x"),
        lambda: box.write(path, b"x", append=True),
    ):
        with pytest.raises(ToolError, match="sandbox"):
            use()


def test_long_names_and_deep_paths_end_in_words(box: Sandbox) -> None:
    for path in ("d/" * 500 + "x", "x" * 256, "é" * 128, "a/" * 1999 + "b", "👩" * 64):
        for use in (lambda p=path: box.read(p), lambda p=path: box.list(p)):
            with pytest.raises(ToolError, match="sandbox"):
                use()
    box.write("x" * 255, b"just fits")
    assert box.read("x" * 255)[0] == b"just fits"


def test_there_are_enough_attempts() -> None:
    assert len(set(ESCAPES)) + 3 * len(PROC) >= 110


STRONG = [method for method in METHODS if method != "path"]


@pytest.mark.parametrize("method", STRONG, indirect=True)
@pytest.mark.parametrize("victim", ["swap", "sub/deep/swap", "swapped/secret.txt"])
def test_a_link_swapped_in_meanwhile_leads_nowhere(
    box: Sandbox, tmp_path: Path, victim: str
) -> None:
    """A file (or folder) that keeps turning into a link to the secret, and back."""
    outside = tmp_path / "outside"
    is_folder = victim.startswith("swapped/")
    target = box.path / ("swapped" if is_folder else victim)
    spare, link = tmp_path / "spare", tmp_path / "link"
    if is_folder:
        target.mkdir()
        (target / "secret.txt").write_text("harmless")
    else:
        target.write_text("harmless")
    link.symlink_to(outside if is_folder else outside / "secret.txt")
    done = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        while not done.is_set():
            with suppress(OSError):
                target.rename(spare)
                link.rename(target)
                swaps += 1
                target.rename(link)
                spare.rename(target)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for index in range(1500):
            with suppress(ToolError):
                assert SECRET.encode() not in box.read(victim)[0]
            if index % 3 == 0:
                with suppress(ToolError):
                    box.write(victim, b"written", append=index % 2 == 0, make_folders=False)
                with suppress(ToolError):
                    names, _ = box.list("swapped" if is_folder else ".", recursive=True)
                    assert not any("outside" in name for name in names)
    finally:
        done.set()
        swapper.join()
    assert swaps
    assert (outside / "secret.txt").read_text() == SECRET
    assert sorted(entry.name for entry in outside.iterdir()) == ["secret.txt"]


def test_only_allowed_paths(box: Sandbox) -> None:
    globs = ("sub/**", "*.md")
    assert box.read("sub/b.txt", allowed=globs)[0] == b"b inside"
    box.write("notes.md", b"n", allowed=globs)
    for path in ("a.txt", "sub/../a.txt", "x/notes.md", "notes.md.txt", "subway/x"):
        with pytest.raises(ToolError, match=r"sub/\*\*"):
            box.read(path, allowed=globs)
    # A link within the sandbox would lead around the globs.
    with pytest.raises(ToolError, match="symbolic link"):
        box.read("sub/back", allowed=globs)
    with pytest.raises(ToolError, match="symbolic link"):
        box.write("sub/back", b"", allowed=globs)


def test_several_roots(tmp_path: Path, method: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.md").write_text("guide")
    work, docs = Root(tmp_path / "work"), Root(tmp_path / "docs", "docs", read_only=True)
    box = Sandbox([work, docs], method=method)
    assert box.read("docs:guide.md")[0] == b"guide"
    assert box.list("docs:") == (["guide.md"], False)
    for path in ("docs:new.md", "docs:guide.md"):
        with pytest.raises(ToolError, match="read-only"):
            box.write(path, b"x")
    for path in ("docs:../work/a", "docs:/etc/passwd", "docs:../../etc/passwd"):
        with pytest.raises(ToolError, match="docs:"):
            box.read(path)
    box.write("other:guide.md", b"an ordinary name")
    assert (tmp_path / "work" / "other:guide.md").read_text() == "an ordinary name"


def test_the_folder_is_made_when_it_is_needed(tmp_path: Path, method: str) -> None:
    box = Sandbox(tmp_path / "not" / "yet", method=method)
    with pytest.raises(ToolError, match=r"no 'a\.txt' in the sandbox"):
        box.read("a.txt")
    box.write("a.txt", b"now")
    assert box.list() == (["a.txt"], False)


def test_long_files_and_long_lists_are_cut(tmp_path: Path, method: str) -> None:
    box = Sandbox(tmp_path, method=method)
    box.write("big", b"x" * 3_000_000)
    data, size = box.read("big")
    assert (len(data), size) == (1024 * 1024, 3_000_000)
    for index in range(1100):
        (tmp_path / f"f{index}").touch()
    names, more = box.list()
    assert (len(names), more) == (1000, True)


def test_patterns_of_a_list(box: Sandbox) -> None:
    assert box.list(pattern="*.txt") == (["a.txt"], False)
    assert box.list(pattern="*.txt", recursive=True) == (["a.txt", "sub/b.txt"], False)
    assert box.list(pattern="**/*.txt") == (["a.txt", "sub/b.txt"], False)
    assert box.list("sub", pattern="b.?xt") == (["sub/b.txt"], False)


def test_no_descriptor_stays_open(box: Sandbox) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("open descriptors cannot be counted here")

    def use_everything() -> None:
        for path in ESCAPES:
            with suppress(ToolError):
                box.read(path)
            with suppress(ToolError):
                box.list(path)
        box.write("x/y", b"1")
        box.write("x/y", b"1", append=True)
        box.list(recursive=True)
        with box.folder("sub"):
            pass

    use_everything()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    use_everything()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
