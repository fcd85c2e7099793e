"""What a module imports: collected while its code is written."""


class Imports:
    """Names from `typing` and `vega_runtime` that the code uses."""

    def __init__(self) -> None:
        self._typing: set[str] = set()
        self._runtime: set[str] = set()

    def typing(self, name: str) -> str:
        """Use a name of `typing`."""
        self._typing.add(name)
        return name

    def runtime(self, name: str) -> str:
        """Use a name of `vega_runtime`, possibly dotted (`values.add`)."""
        self._runtime.add(name.partition(".")[0])
        return name

    def groups(self) -> list[tuple[str, list[str]]]:
        """The modules and the names from each, in the order that import sorters use."""
        found = (("typing", self._typing), ("vega_runtime", self._runtime))
        return [(module, sorted(names, key=_order)) for module, names in found if names]


def _order(name: str) -> tuple[int, str]:
    if name.isupper() and len(name) > 1:
        return (0, name)
    return (1 if name[:1].isupper() else 2, name)
