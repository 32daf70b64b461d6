"""HTTP by a helper process that runs only while there are requests.

httpx takes 10 MiB, and a daemon sends four requests a day. So httpx is imported in a helper
(`keystead_daemon.helpers.http`), which ends half a minute after the last response. The daemon
closes the helper's stdin when it has been idle, and never during a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from keystead.errors import BackendUnreachable
from keystead_daemon.helpers.http import (
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    Call,
    Outcome,
    frame,
)
from keystead_daemon.transport import HttpReply, HttpRequest

#: Seconds without a call after which the helper ends; longer than the time between quick polls.
IDLE_S = 20.0
#: Seconds that a helper may take to end by itself.
_ENDING_S = 2.0
#: Seconds after which a helper that has not answered counts as broken.
_LIMIT_S = 60.0


class HelperTransport:
    """Starts ``helper`` (a command) when it is needed. Implements `transport.Transport`."""

    def __init__(self, helper: Sequence[str], *, idle_s: float = IDLE_S) -> None:
        self._helper = helper
        self._idle_s = idle_s
        self._running: _Helper | None = None
        self._starting = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._last_id = 0

    async def send(self, request: HttpRequest, *, proxy: str) -> HttpReply:
        """Return the reply. Raises BackendUnreachable."""
        self._cancel_idle_timer()
        self._last_id += 1
        call = Call(self._last_id, request, proxy)
        try:
            helper = await self._started()
            async with asyncio.timeout(_LIMIT_S):
                outcome = await helper.call(call)
        except TimeoutError:
            await self.close()
            raise _broken() from None
        finally:
            self._start_idle_timer()
        if outcome.reply is not None:
            return outcome.reply
        failed = outcome.failed
        if failed is None:
            raise _broken()
        raise BackendUnreachable(failed.sentence, code=failed.code, values=failed.values)

    async def close(self) -> None:
        """End the helper."""
        self._cancel_idle_timer()
        helper, self._running = self._running, None
        if helper is not None:
            await helper.end()

    async def _started(self) -> _Helper:
        async with self._starting:
            if self._running is None or self._running.ended:
                self._running = await _Helper.start(self._helper)
            return self._running

    def _cancel_idle_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _start_idle_timer(self) -> None:
        self._cancel_idle_timer()
        if self._running is not None and not self._running.waiting:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._idle_s, self._hang_up)

    def _hang_up(self) -> None:
        helper, self._running = self._running, None
        if helper is not None:
            helper.hang_up()


class _Helper:
    """One helper process with the futures of its calls."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.waiting: dict[int, asyncio.Future[Outcome]] = {}
        self.ended = False
        self._process = process
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str]) -> _Helper:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                # Ctrl-C in a terminal is for the daemon, which then ends its helpers.
                start_new_session=True,
            )
        except OSError:
            raise _broken() from None
        return cls(process)

    async def call(self, call: Call) -> Outcome:
        answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.waiting[call.call_id] = answered
        try:
            if self.ended or self._process.stdin is None:
                raise _broken()
            self._process.stdin.write(frame(call))
            return await answered
        finally:
            self.waiting.pop(call.call_id, None)

    def hang_up(self) -> None:
        """Close its stdin, which makes it exit."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def end(self) -> None:
        self.hang_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(_ENDING_S):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
        await self._reading

    async def _read(self) -> None:
        stdout = self._process.stdout
        try:
            while stdout is not None:
                length = int.from_bytes(await stdout.readexactly(LENGTH_BYTES), "big")
                if length > MAX_FRAME_BYTES:
                    break
                body = await stdout.readexactly(length)
                outcome = msgspec.msgpack.decode(body, type=Outcome)
                answered = self.waiting.get(outcome.call_id)
                if answered is not None and not answered.done():
                    answered.set_result(outcome)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError):
            pass
        self.ended = True
        self.hang_up()
        for answered in self.waiting.values():
            if not answered.done():
                answered.set_exception(_broken())
        await self._process.wait()


def _broken() -> BackendUnreachable:
    return BackendUnreachable("The HTTP helper process doesn't work.", code="helper_failed")
