"""A fuzzer of the checker that coverage guides; `test_fuzzing.py` starts it.

    python -m tests.property.fuzzer --seconds 300 --folder SOMEWHERE
    python -m tests.property.fuzzer --again BASE64_OF_COMPRESSED_TEXT
    python -m tests.property.fuzzer --findings SOMEWHERE

The first form writes programs as seeds into the folder and changes them until time is up, by bits
and bytes or by accidents that happen to programs. Where one breaks a rule it ends with another
status than 0 and leaves that input as `found-*` in the folder; what leads to new code is in
`corpus`. The second form tries one input again. The third prints what is found in each file of a
folder, which must be the same in every process.
"""

import argparse
import base64
import hashlib
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.property.accidents import FRAGMENTS, LONGEST, T, accident, swell

SECONDS = 1.0
"""Of the processor, for checking a file of `LONGEST` characters."""
SECONDS_A_FINDING = 0.0004
"""More, where there are so many findings that telling them is most of the work."""
SLOWER = 4.0
"""How many times slower code runs that coverage is taken of, at most: what takes longer than that
is measured again without."""


class Dice:
    """What happens is up to a generator of random numbers."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def characters(self) -> str:
        top = self._random.choice((0x7F, 0x2FF, 0xFFFF, 0x10FFFF))
        return "".join(chr(self._random.randint(0, top)) for _ in range(self.number(1, 3)))


def mutate(data: bytes, most: int, seed: int, bits: Callable[[bytes, int], bytes]) -> bytes:
    """Other data: after accidents, or with other bits."""
    chance = Dice(seed)
    kind = chance.number(0, 199)
    if kind < 60:
        return bits(data, most)
    text = data.decode(errors="surrogateescape")
    if kind == 199:
        text = swell(chance, text)
    else:
        for _ in range(chance.number(1, 3)):
            text = accident(chance, text)
    return text.encode(errors="surrogatepass" if kind % 2 else "replace")[:most]


# --- one input ------------------------------------------------------------------------------------


def used() -> float:
    """The seconds that this process has kept the processor busy."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def check(data: bytes) -> None:
    """Raises where a rule is broken, other than that of time. Some are also compiled, and all that
    a second time, which takes far longer."""
    from tests.property.any_file import check_any, check_findings, checked

    if zlib.crc32(data) % 8 == 0:
        check_any(data)
    else:
        check_findings(checked(data))


def slowness() -> float:
    """How many times slower this machine is just now than one on which `SECONDS` hold; at least
    1."""

    def took() -> float:
        start = used()
        words: dict[int, str] = {}
        for number in range(300_000):
            words[number & 1023] = str(number)
        return used() - start

    return max(1.0, min(took() for _ in range(3)) / 0.04)


def checked_in_time(data: bytes) -> str:
    """Why a file takes too long, or nothing. The fastest of three counts."""
    from tests.property.any_file import NOWHERE
    from vegac.workspace import Workspace

    fastest, findings = float("inf"), 0
    for _ in range(3):
        workspace = Workspace(NOWHERE)
        start = used()
        report = workspace.check_tree(workspace.read_text("any.vega.yaml", data), NOWHERE)
        fastest = min(fastest, used() - start)
        findings = len(report.diagnostics)
    limit = (SECONDS + SECONDS_A_FINDING * findings) * slowness()
    if fastest <= limit:
        return ""
    return f"took {fastest:.1f} s with {findings} findings, more than {limit:.1f} s"


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode()


def again(data: bytes) -> int:
    """Tries an input once more, and says what is wrong with it."""
    check(b"vega: 1\n")  # so that no time is spent on modules
    problem = checked_in_time(data)
    if problem:
        print(problem)
        return 1
    check(data)
    return 0


def outcome(data: bytes) -> str:
    """The last line that trying an input in a process of its own writes; nothing if all is well."""
    command = [sys.executable, "-m", "tests.property.fuzzer", "--again", "-"]
    try:
        done = subprocess.run(
            command, input=packed(data), capture_output=True, text=True, timeout=300, check=False
        )
    except subprocess.TimeoutExpired:
        return "did not end within 300 s"
    if done.returncode == 0:
        return ""
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def smaller(data: bytes, seconds: float) -> bytes:
    """A part of an input that fails in the same way."""
    end = time.monotonic() + seconds
    kind = outcome(data).partition(":")[0].partition(" ")[0]
    for separator in (b"\n", b" ", b""):
        size = len(_parts(data, separator))
        while size and time.monotonic() < end:
            size //= 2
            for less in _without(data, separator, max(size, 1)):
                if time.monotonic() > end:
                    break
                if outcome(less).partition(":")[0].partition(" ")[0] == kind:
                    data = less
                    break
            else:
                continue
            size *= 2
    return data


def _parts(data: bytes, separator: bytes) -> list[bytes]:
    return data.split(separator) if separator else [bytes([byte]) for byte in data]


def _without(data: bytes, separator: bytes, size: int) -> Iterator[bytes]:
    parts = _parts(data, separator)
    for start in range(0, len(parts), size):
        yield separator.join(parts[:start] + parts[start + size :])


def list_findings(folder: Path) -> None:
    """Prints the hash of the findings in each file, as JSON, in order."""
    from tests.property.any_file import check_findings, checked

    for path in sorted(folder.iterdir()):
        listed = check_findings(checked(path.read_bytes()))
        print(path.name, hashlib.sha256(listed.encode(errors="surrogatepass")).hexdigest())


# --- fuzzing --------------------------------------------------------------------------------------


def fuzz(folder: Path, seconds: int, seed: int | None) -> None:
    """Does not return: the process ends with status 0, or 77 after a broken rule."""
    import atheris

    from tests.property import any_file

    any_file.SECONDS = SECONDS * SLOWER * 10  # what is slow is measured below, without coverage
    fuzzing: Any = atheris  # it has no types
    with fuzzing.instrument_imports(include=["vegac", "vega_grammar"]):
        for data in (b"vega: 1\n", b"agents: [\n", _seeds()[0]):
            check(data)  # what is imported late, too
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(_seeds()):
        (corpus / f"seed{number:04}").write_bytes(data)
    words = folder / "words"
    written = ["".join(f"\\x{byte:02x}" for byte in word.encode()) for word in FRAGMENTS]
    words.write_text("".join(f'"{word}"\n' for word in written if word))

    def one(data: bytes) -> None:
        start = used()
        check(data)
        if used() - start > SECONDS * SLOWER:
            problem = outcome(data)
            assert not problem, problem

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        return mutate(data, most, seed, fuzzing.Mutate)

    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        "-len_control=0",
        "-timeout=300",
        "-report_slow_units=300",
        "-verbosity=0",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
        f"-dict={words}",
        f"-artifact_prefix={folder}/found-",
        *([] if seed is None else [f"-seed={seed}"]),
        str(corpus),
    ]
    fuzzing.Setup([sys.argv[0], *options], one, custom_mutator=mutated)
    fuzzing.Fuzz()


def _seeds() -> list[bytes]:
    from tests.property.mutations import PROGRAMS

    return [program.encode() for program in PROGRAMS if len(program) < 10_000]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--again", metavar="BASE64", help="`-`: from standard input")
    parser.add_argument("--findings", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.again is not None:
        text = sys.stdin.read() if options.again == "-" else options.again
        return again(zlib.decompress(base64.urlsafe_b64decode(text)))
    if options.findings is not None:
        list_findings(options.findings)
        return 0
    if options.folder is None:
        parser.error("--folder is needed")
    fuzz(options.folder, options.seconds, options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
