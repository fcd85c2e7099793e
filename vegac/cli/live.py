"""Progress on a terminal: finished steps scroll by, running ones stand below with a spinner."""

import time
from collections.abc import Generator
from contextlib import contextmanager

from msgspec import Struct
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from vega_runtime import events
from vegac.cli.progress import Progress, label, one_line, seconds, spent
from vegac.source.render.cells import visible

_MOST_ROWS = 12


class _Step(Struct):
    agent: str
    begun: float
    spinner: Spinner
    doing: str = ""


class LiveProgress(Progress):
    """As `Progress`, drawn with rich."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(stderr=True, highlight=False)
        self._running: dict[str, _Step] = {}
        self._live = Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=10,
            transient=True,
        )

    @contextmanager
    def shown(self) -> Generator[None, None, None]:
        with self._live:
            yield

    @contextmanager
    def paused(self) -> Generator[None, None, None]:
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()

    def say(self, text: str) -> None:
        self._console.print(Text(text))

    def started(self, event: events.StepStarted) -> None:
        self._running[event.key] = _Step(event.agent, time.monotonic(), Spinner("dots"))

    def ended(self, event: events.StepEnded) -> None:
        self._running.pop(event.key, None)
        line = Text()
        if event.error is None:
            line.append("✓ ", "green")
        else:
            line.append("✗ ", "red")
        line.append(label(event.key))
        line.append(f"  {visible(event.agent)}", "bold")
        line.append(f"  {spent(event.duration, event.usage, event.cost)}", "dim")
        if event.error is not None:
            line.append(f"  {one_line(str(event.error))}", "red")
        self._console.print(line)

    def chunk(self, event: events.Chunk) -> None:
        step = self._running.get(event.key)
        if step is not None:
            # The last words are enough; a long reply must not be copied for each piece of it.
            step.doing = (step.doing + visible(event.text))[-500:]

    def tool(self, event: events.ToolStarted) -> None:
        self._doing(event.key, f"{event.tool}\n")

    def retrying(self, event: events.Retrying) -> None:
        wait = seconds(event.delay)
        self._doing(event.key, f"retrying in {wait}: {one_line(str(event.error))}\n")

    def _doing(self, key: str, text: str) -> None:
        step = self._running.get(key)
        if step is not None:
            step.doing = visible(text)

    def _render(self) -> Group:
        rows: list[Text] = []
        now = time.monotonic()
        steps = list(self._running.items())
        for key, step in steps[:_MOST_ROWS]:
            frame = step.spinner.render(now)
            row = Text.assemble(
                frame if isinstance(frame, Text) else "",
                f" {label(key)}  ",
                (visible(step.agent), "bold"),
                (f"  {seconds(now - step.begun)}", "dim"),
                no_wrap=True,
                overflow="ellipsis",
            )
            doing = step.doing.strip().rpartition("\n")[2]
            if doing:
                room = max(self._console.width - row.cell_len - 4, 10)
                row.append(f"  {doing[-room:]}", "dim italic")
            rows.append(row)
        if len(steps) > _MOST_ROWS:
            rows.append(Text(f"  and {len(steps) - _MOST_ROWS} more", "dim"))
        return Group(*rows)
