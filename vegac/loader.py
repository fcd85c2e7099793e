"""Running emitted modules in memory, without writing them."""

import linecache
import sys
import types
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vegac.emit.module import EmittedModule


def load(module: "EmittedModule", name: str = "vega_program") -> types.ModuleType:
    """Execute an emitted module and return it; `module.PROGRAM` is the runtime's program.

    Its source stays visible to tracebacks. A module of the same name is replaced.
    """
    file = f"<{name}>"
    loaded = types.ModuleType(name, module.text.partition('"""')[2].partition('"""')[0])
    loaded.__file__ = file
    linecache.cache[file] = (len(module.text), None, module.text.splitlines(True), file)
    sys.modules[name] = loaded
    exec(compile(module.text, file, "exec", dont_inherit=True), loaded.__dict__)
    return loaded
