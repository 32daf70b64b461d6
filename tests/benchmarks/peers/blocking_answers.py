"""The least that a local round trip can cost: one thread, blocking sockets, a ready answer.

``blocking_answers.py SOCKET ANSWER`` answers each line with the line in the file ``ANSWER``, one
connection after the other.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

_RECEIVED = 64 * 1024


def serve(path: str, answer: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen()
        while True:
            connection, _ = listening.accept()
            with connection:
                while received := connection.recv(_RECEIVED):
                    if received.endswith(b"\n"):
                        connection.sendall(answer)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]).read_bytes())
