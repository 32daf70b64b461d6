"""A daemon with nothing to do: what asyncio and the core's three dependencies cost by themselves.

``lean_daemon.py SOCKET ANSWER`` answers each line with the line in the file ``ANSWER``.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import msgspec
import nacl.bindings
import platformdirs

NEEDED = (msgspec, nacl.bindings, platformdirs)


async def serve(path: str, answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(answer)
        writer.close()

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = await asyncio.start_unix_server(talk, path)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]).read_bytes()))
