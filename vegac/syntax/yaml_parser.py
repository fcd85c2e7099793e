"""The YAML event parser: libyaml's where PyYAML was built with it, else the one in Python."""

from typing import Any

from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

try:
    from yaml._yaml import CParser
except ImportError:
    CParser = None


class PythonParser(Reader, Scanner, Parser):
    """The same events, about ten times slower."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


def event_parser(text: str) -> Any:
    """A parser whose `get_event` yields the events of `text`.

    Marks count characters. Raises `yaml.error.MarkedYAMLError` at a mistake; `text` must not hold
    characters that YAML forbids.
    """
    return CParser(text) if CParser is not None else PythonParser(text)
