"""Supervisors: processes that start, stop and restart other processes, by the rules of OTP.

A supervisor is a process itself, linked to its children and trapping exits, so that supervisors of
supervisors make trees. It does one thing at a time: what happens meanwhile waits in its `signals`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .agent import Agent
from .child_specs import (
    IGNORE,
    ChildCounts,
    ChildError,
    ChildInfo,
    ChildSpec,
    ChildState,
    SupervisorFailed,
    SupervisorSpec,
    check,
    check_child,
    check_kind,
)
from .exits import KILL, SHUTDOWN, Exit, ExitSignal, ProcessEnded, ProcessExit
from .supervise import Restarts

if TYPE_CHECKING:
    from .orchestrator import Orchestrator
    from .process import Process

T = TypeVar("T")
INTENSITY = "it had to restart children too often"


class _Child:
    __slots__ = ("nested", "process", "spec", "state")

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.process: Process | None = None
        self.nested: Supervisor | None = None
        self.state: ChildState = "stopped"


class _TryAgain:
    __slots__ = ("child",)

    def __init__(self, child: _Child) -> None:
        self.child = child


class _Request:
    __slots__ = ("future", "work")

    def __init__(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.work = work
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Supervisor:
    """A supervisor at work. Made by `Orchestrator.supervise`, or by the supervisor above."""

    def __init__(
        self,
        orchestrator: "Orchestrator",
        spec: SupervisorSpec,
        name: str = "",
        above: "Process | None" = None,
    ) -> None:
        check(spec)
        self.spec = spec
        self._orchestrator = orchestrator
        self._above = above
        self._children: dict[str, _Child] = {}
        self._restarts = Restarts(spec.max_restarts, spec.window)
        self._last: BaseException | None = None
        self._ready: asyncio.Future[None] | None = None
        self.process: Process = orchestrator.make(
            self._live, name=name or "supervisor", parent=above, reason="supervises"
        )
        self.process.trap_exits = True

    def __repr__(self) -> str:
        return f"<Supervisor {self.process.name} {self.spec.strategy} {len(self._children)}>"

    async def start(self) -> None:
        """Start the children, in order. Raises SupervisorFailed when one does not start."""
        ready = self.expect()
        self._orchestrator.launch(self.process)
        await self.started(ready)

    def expect(self) -> "asyncio.Future[None]":
        """What tells that the next start has succeeded, or how it failed."""
        self._ready = asyncio.get_running_loop().create_future()
        return self._ready

    async def started(self, ready: "asyncio.Future[None]") -> None:
        """Wait for what `expect` gave, or the end of the supervisor. Raises SupervisorFailed."""
        ended = self.process.ending()
        try:
            await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.process.forget_ending(ended)
        if not ready.done():
            raise SupervisorFailed(f"the supervisor {self.process.name} ended: {self.process.exit}")
        if ready.exception() is not None:
            await self.process.wait()
        ready.result()

    @property
    def _inbox(self) -> "asyncio.Queue[Any]":
        return cast("asyncio.Queue[Any]", self.process.signals)

    async def stop(self, timeout: float | None = None) -> Exit:  # noqa: ASYNC109
        """Stop the children, last first, then the supervisor; kill all after `timeout` seconds."""
        return await self.process.stop(timeout)

    # The children

    async def start_child(self, spec: ChildSpec) -> "Process | None":
        """Add a child after the others and start it; its process (None: its `init` ignored it).

        Raises ChildError (`already_started`, `already_present`), and what kept it from starting;
        then it is not added.
        """
        check_kind(spec)
        return await self._ask(lambda: self._add(spec))

    async def terminate_child(self, child_id: str) -> None:
        """Stop a child. It stays known, for `restart_child`, unless it is temporary.

        Raises ChildError (`not_found`).
        """
        await self._ask(lambda: self._terminate(self._find(child_id)))

    async def restart_child(self, child_id: str) -> "Process | None":
        """Start a child that does not run. Raises ChildError (`not_found`, `running`,
        `restarting`), and what kept it from starting."""
        return await self._ask(lambda: self._start_again(child_id))

    async def delete_child(self, child_id: str) -> None:
        """Forget a child that does not run. Raises ChildError (`not_found`, `running`,
        `restarting`)."""

        async def delete() -> None:
            child = self._find(child_id)
            _check_stopped(child)
            del self._children[child_id]

        await self._ask(delete)

    async def which_children(self) -> tuple[ChildInfo, ...]:
        """All children, in the order they are started."""

        async def which() -> tuple[ChildInfo, ...]:
            return tuple(_info(child) for child in self._children.values())

        return await self._ask(which)

    async def count_children(self) -> ChildCounts:
        """How many children there are."""

        async def count() -> ChildCounts:
            found = [_info(child) for child in self._children.values()]
            return ChildCounts(
                len(found),
                sum(one.state == "running" for one in found),
                sum(one.kind == "supervisor" for one in found),
                sum(one.kind == "worker" for one in found),
            )

        return await self._ask(count)

    def child(self, child_id: str) -> "Process":
        """The process of a child; it stays the same one over restarts. Raises ChildError."""
        process = self._find(child_id).process
        if process is None:
            raise ChildError("not_found", f"the child '{child_id}' was never started")
        return process

    def supervisor(self, child_id: str) -> "Supervisor":
        """A child that is a supervisor. Raises ChildError."""
        nested = self._find(child_id).nested
        if nested is None:
            raise ChildError("not_found", f"the child '{child_id}' is no supervisor")
        return nested

    def _find(self, child_id: str) -> _Child:
        child = self._children.get(child_id)
        if child is None:
            known = ", ".join(self._children) or "none"
            raise ChildError("not_found", f"there is no child '{child_id}' (there are: {known})")
        return child

    async def _ask(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self.process.check_alive()
        if self.process.body_task is asyncio.current_task():
            raise RuntimeError(
                f"the supervisor {self.process.name} cannot wait for itself: an `init` of its "
                "children cannot ask it for anything"
            )
        request = _Request(work)
        self._inbox.put_nowait(request)
        return await request.future

    async def _add(self, spec: ChildSpec) -> "Process | None":
        known = self._children.get(spec.id)
        if known is not None:
            problem = "already_started" if known.state == "running" else "already_present"
            raise ChildError(problem, f"there is a child '{spec.id}' already ({known.state})")
        check_child(spec, self.spec)
        child = _Child(spec)
        await self._start(child)
        if child.state == "running" or spec.restart != "temporary":
            self._children[spec.id] = child
        return child.process if child.state == "running" else None

    async def _start_again(self, child_id: str) -> "Process | None":
        child = self._find(child_id)
        _check_stopped(child)
        await self._start(child)
        return child.process if child.state == "running" else None

    # Its life

    async def _live(self, _process: "Process") -> None:
        self._restarts = Restarts(self.spec.max_restarts, self.spec.window)
        self._children = {spec.id: _Child(spec) for spec in self.spec.children}
        try:
            await self._begin()
            while True:
                await self._handle(await self._inbox.get())
        finally:
            self._leave()

    def _leave(self) -> None:
        """Answer those who wait for what will not happen any more."""
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(SupervisorFailed("the supervisor was stopped"))
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, _Request):
                self._refuse(item)

    def _refuse(self, request: _Request) -> None:
        if not request.future.done():
            ended = f"the supervisor {self.process.name} has ended"
            request.future.set_exception(ProcessEnded(ended, SHUTDOWN))

    async def _begin(self) -> None:
        ready = self._ready
        for child in list(self._children.values()):
            try:
                await self._start(child)
            except Exception as error:
                await self._stop_all(self._children.values())
                why = f"the child '{child.spec.id}' of {self.process.name} did not start: {error}"
                failure = SupervisorFailed(why)
                failure.__cause__ = error
                if ready is not None and not ready.done():
                    ready.set_exception(failure)
                raise ProcessExit(Exit("shutdown", why, error)) from error
        for child in list(self._children.values()):
            self._drop_ignored(child)
        if ready is not None and not ready.done():
            ready.set_result(None)

    def _drop_ignored(self, child: _Child) -> None:
        if child.state == "stopped" and child.spec.restart == "temporary":
            self._children.pop(child.spec.id, None)

    async def _handle(self, item: Any) -> None:
        if isinstance(item, ExitSignal):
            sender = item.sender
            if sender is None or sender is self._above:
                await self._stop_all(self._children.values())
                raise ProcessExit(item.reason)
            for child in self._children.values():
                if child.process is sender and child.state == "running" and not sender.alive:
                    await self._child_ended(child)
                    return
        elif isinstance(item, _TryAgain):
            if item.child.state == "restarting":
                await self._restart(item.child)
        elif isinstance(item, _Request) and not item.future.done():
            await self._serve(item)

    async def _serve(self, request: _Request) -> None:
        try:
            result = await request.work()
        except Exception as error:
            if not request.future.done():
                request.future.set_exception(error)
        except BaseException:
            self._refuse(request)
            raise
        else:
            if not request.future.done():
                request.future.set_result(result)

    # Children that end

    async def _child_ended(self, child: _Child) -> None:
        assert child.process is not None
        reason = child.process.exit
        assert reason is not None
        self._last = reason.error or self._last
        spec = child.spec
        if spec.restart == "permanent" or (spec.restart == "transient" and reason.abnormal):
            await self._restart(child)
            return
        self._stopped(child)
        if spec.significant and self._should_end():
            await self._stop_all(self._children.values())
            raise ProcessExit(SHUTDOWN)

    def _stopped(self, child: _Child) -> None:
        child.state = "stopped"
        if child.spec.restart == "temporary":
            self._children.pop(child.spec.id, None)

    def _should_end(self) -> bool:
        if self.spec.auto_shutdown == "any_significant":
            return True
        others = [one for one in self._children.values() if one.spec.significant]
        return self.spec.auto_shutdown == "all_significant" and not any(
            one.state != "stopped" for one in others
        )

    async def _restart(self, child: _Child) -> None:
        """Start a child again, and others with it as the strategy says; give up if it is once too
        often. A start that fails is tried again, and counts again."""
        child.state = "restarting"
        if not self._restarts.add(asyncio.get_running_loop().time()):
            await self._stop_all(self._children.values())
            error = self._last or RuntimeError(INTENSITY)
            reason = Exit("shutdown", INTENSITY, error)
            if self._above is None:
                self._orchestrator.escalated(self.process, reason)
            raise ProcessExit(reason)
        children = list(self._children.values())
        match self.spec.strategy:
            case "one_for_one":
                again = [child]
            case "rest_for_one":
                again = children[children.index(child) :]
            case "one_for_all":
                again = children
        await self._stop_all(one for one in again if one is not child)
        for one in again:
            if one.spec.id not in self._children:
                continue  # a temporary one, gone with its end
            try:
                await self._start(one)
            except Exception as error:
                self._last = error
                one.state = "restarting"
                self._inbox.put_nowait(_TryAgain(one))
                return

    # Starting and stopping

    async def _start(self, child: _Child) -> None:
        """Start a child and return when it has started. Raises what keeps it from starting."""
        spec = child.spec
        process = child.process or self._make(child)
        child.process = process
        if spec.init is not None and await spec.init(process) == IGNORE:
            child.state = "stopped"
            return
        nested = child.nested
        ready = None if nested is None else nested.expect()
        if process.exit is None:
            self._orchestrator.launch(process)
        else:
            process.revive()
        self.process.link(process)
        child.state = "running"
        if nested is not None and ready is not None:
            try:
                await nested.started(ready)
            except BaseException:
                self.process.unlink(process)
                child.state = "stopped"
                raise

    def _make(self, child: _Child) -> "Process":
        start, options = child.spec.start, dict(child.spec.options or {})
        if isinstance(start, SupervisorSpec):
            child.nested = Supervisor(self._orchestrator, start, child.spec.id, self.process)
            process = child.nested.process
        else:
            why = f"a child of {self.process.name}"
            process = self._orchestrator.make(
                start, name=child.spec.id, parent=self.process, reason=why, **options
            )
            if not isinstance(start, Agent) or start.supervision is None:
                process.supervised = None  # what the settings say is for processes on their own
        process.supervisor = self
        return process

    async def _stop_all(self, children: "Iterable[_Child]") -> None:
        """Stop children, the last first."""
        for child in reversed(list(children)):
            await self._terminate(child)

    async def _terminate(self, child: _Child) -> None:
        process = child.process
        if process is not None and child.state == "running" and process.alive:
            self.process.unlink(process)
            limit = child.spec.shutdown
            if limit is None:
                limit = "infinity" if child.nested is not None else 5.0
            if limit == "brutal_kill":
                process.signal(KILL, self.process)
            else:
                process.signal(SHUTDOWN, self.process)
                seconds = None if limit == "infinity" else limit
                try:
                    async with asyncio.timeout(seconds):
                        await process.wait()
                except TimeoutError:
                    process.signal(KILL, self.process)
            await process.wait()
        self._stopped(child)


def _info(child: _Child) -> ChildInfo:
    running = child.state == "running"
    kind = "supervisor" if isinstance(child.spec.start, SupervisorSpec) else "worker"
    return ChildInfo(child.spec.id, child.process if running else None, child.state, kind)


def _check_stopped(child: _Child) -> None:
    if child.state == "running":
        raise ChildError("running", f"the child '{child.spec.id}' is running")
    if child.state == "restarting":
        raise ChildError("restarting", f"the child '{child.spec.id}' is being restarted")
