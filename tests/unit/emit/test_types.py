"""Emitted modules are clean under pyright's strict mode."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

from tests.unit.emit.build import locate
from tests.unit.emit.generate import StatementGenerator
from tests.unit.emit.test_hostile import hostile_module
from vegac.emit.module import emit_module
from vegac.ir.verify import verify
from vegac.workspace import Workspace

ROOT = Path(__file__).parents[3]
PROGRAMS = (Path(__file__).parent / "samples", ROOT / "examples", ROOT / "tests" / "corpus")
CONFIG = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "extraPaths": [str(ROOT / "runtime")],
    "reportPossiblyUnboundVariable": "error",
    "reportUnusedVariable": "error",
    "reportUnnecessaryComparison": "error",
}


def test_pyright_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(CONFIG))
    for path in sorted(path for folder in PROGRAMS for path in folder.glob("*.vega.yaml")):
        compiled = Workspace(path.parent).compile(path)
        if compiled.module is not None and compiled.report.program is not None:
            assert verify(compiled.report.program) == []
            name = path.name.split(".")[0]
            (tmp_path / f"sample_{name}.py").write_text(compiled.module.text, encoding="utf-8")
    for seed in range(25):
        module = emit_module(
            StatementGenerator(Random(seed)).program(), digest="0" * 64, locate=locate
        )
        (tmp_path / f"random_{seed}.py").write_text(module.text, encoding="utf-8")
    (tmp_path / "hostile.py").write_text(hostile_module().text, encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    found = [
        f"{Path(item['file']).name}:{item['range']['start']['line'] + 1} {item['message']}"
        for item in report["generalDiagnostics"]
    ]
    assert found == []
    assert report["summary"]["filesAnalyzed"] > 60
