"""A silent peer of the local API gives its place to another one."""

import asyncio
from pathlib import Path

import pytest

from keystead_daemon import app
from keystead_daemon.clocks import SystemClocks
from keystead_daemon.configuration import configure
from keystead_daemon.logs import Log, LogFile
from support.profiles import write_profile

INFO = b'{"jsonrpc":"2.0","id":1,"method":"daemon.info"}\n'
SUBSCRIBE = b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}\n'


async def asked(path: Path, line: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, send a line and read the answer to it."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    if line:
        assert await reader.readline()
    return reader, writer


@pytest.mark.parametrize(("silent_s", "answered"), [(0.0, True), (3600.0, False)])
def test_only_a_peer_that_was_silent_for_long_makes_room(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch, silent_s: float, *, answered: bool
) -> None:
    monkeypatch.setattr(app, "MAX_CONNECTIONS", 3)
    monkeypatch.setattr(app, "SILENT_S", silent_s)
    environ = {"KEYSTEAD_SECRETS": "file"}
    configuration = configure(str(write_profile(short_folder)), str(short_folder / "home"), environ)
    log = Log(SystemClocks(), LogFile(short_folder / "daemon.log"))

    async def work() -> None:
        daemon = app.Daemon(configuration, log, SystemClocks())
        path = short_folder / "d.sock"
        server = await asyncio.get_running_loop().create_unix_server(daemon._new_connection, path)
        async with server:
            subscribed, one = await asked(path, SUBSCRIBE)
            silent, two = await asked(path, b"")
            idle, three = await asked(path, INFO)
            last, four = await asyncio.open_unix_connection(path)
            try:
                four.write(INFO)
                got = await last.readline()
            except ConnectionResetError:
                got = b""
            assert bool(got) == answered
            assert (await silent.read() == b"") if answered else not silent.at_eof()
            assert not subscribed.at_eof()
            assert not idle.at_eof()
            for writer in (one, two, three, four):
                writer.close()
        await daemon._runner.close()

    asyncio.run(work())
    log.close()
