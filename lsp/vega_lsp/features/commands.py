"""What stands behind the code lenses, for editors that cannot open a terminal by themselves."""

import shlex

from vega_lsp.session import path_of


def in_terminal(command: str, uri: str, name: str) -> str:
    """The command line that runs a workflow or a test."""
    path = str(path_of(uri))
    if command == "test":
        return shlex.join(["vegac", "test", path, "-k", name])
    return shlex.join(["vegac", "run", path, name])
