"""The virtual clock: waits take no time, and real work holds it still."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from vega_runtime.virtual_time import VirtualTimeLoop, run_virtual

WAIT = [sys.executable, "-c", "input()"]


def test_waits_take_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(24 * 3600):
                await asyncio.get_running_loop().create_future()
        return asyncio.get_running_loop().time()

    before = time.monotonic()
    assert run_virtual(main()) == 25 * 3600
    assert time.monotonic() - before < 60


def test_timers_of_one_moment_fire_in_the_order_they_were_set() -> None:
    async def main() -> list[int]:
        fired: list[int] = []
        loop = asyncio.get_running_loop()
        for number in range(50):
            loop.call_later(1.0, fired.append, number)
        loop.call_later(0.1, lambda: loop.call_later(0.2, fired.append, 100))
        loop.call_later(0.3, fired.append, 101)
        await asyncio.sleep(0.3)
        assert fired == [101, 100]  # 0.1 + 0.2 is the same moment
        await asyncio.sleep(1)
        return fired

    assert run_virtual(main()) == [101, 100, *range(50)]


def test_turns_go_in_order_at_one_moment() -> None:
    async def main() -> list[tuple[float, int]]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        seen: list[tuple[float, int]] = []

        async def one(number: int, hops: int, delay: float) -> None:
            await asyncio.sleep(delay)
            for _ in range(hops):
                await asyncio.sleep(0)
            await loop.turn((number,))
            seen.append((loop.time(), number))

        await asyncio.gather(*(one(n, 9 - n, n % 2) for n in range(9)))
        return seen

    even = [(0.0, n) for n in range(0, 9, 2)]
    assert run_virtual(main()) == even + [(1.0, n) for n in range(1, 9, 2)]


def test_the_clock_stands_still_while_a_process_runs() -> None:
    async def main() -> tuple[float, bytes]:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(0.001):
            process = await asyncio.create_subprocess_exec(
                *WAIT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            out, _ = await process.communicate(b"\n")
        return loop.time(), out

    assert run_virtual(main()) == (0.0, b"")


def test_the_clock_stands_still_for_a_process_without_pipes() -> None:
    async def main() -> float:
        async with asyncio.timeout(0.001):
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
            await process.wait()
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 0.0


def test_the_clock_stands_still_while_a_thread_works() -> None:
    async def main() -> tuple[float, bool]:
        gate = threading.Event()
        threading.Timer(0.05, gate.set).start()
        async with asyncio.timeout(0.001):
            passed = await asyncio.to_thread(gate.wait, 10)
        return asyncio.get_running_loop().time(), passed

    assert run_virtual(main()) == (0.0, True)


def test_the_clock_stands_still_while_a_connection_is_open() -> None:
    async def main() -> tuple[float, bytes, float]:
        loop = asyncio.get_running_loop()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readline()
            answer = await asyncio.to_thread(lambda: request.upper())
            writer.write(answer)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with asyncio.timeout(0.001):
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"ping\n")
            answer = await reader.read()
        then = loop.time()
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(3600)  # a server that only listens holds nothing up
        server.close()
        return then, answer, loop.time()

    assert run_virtual(main()) == (0.0, b"PING\n", 3600.0)


def test_silent_io_does_not_hold_the_clock_for_ever() -> None:
    async def main() -> float:
        process = await asyncio.create_subprocess_exec(*WAIT, stdin=subprocess.PIPE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await process.wait()
        process.kill()
        await process.wait()
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(stall_seconds=0.05)) as runner:
        assert runner.run(main()) == 5.0


def test_waiting_for_what_can_never_happen_is_an_error() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with (
        asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(stall_seconds=0.01)) as runner,
        pytest.raises(RuntimeError, match="never happen"),
    ):
        runner.run(main())


def test_threads_that_still_work_at_the_end_are_waited_for(
    recwarn: pytest.WarningsRecorder,
) -> None:
    ended: list[bool] = []

    def work() -> None:
        threading.Event().wait(0.2)
        ended.append(True)

    async def main() -> None:
        asyncio.get_running_loop().run_in_executor(None, work)

    run_virtual(main())
    assert ended == [True]
    assert [str(warning.message) for warning in recwarn] == []
