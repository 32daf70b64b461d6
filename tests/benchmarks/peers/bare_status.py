"""The least that asking a daemon can cost as a process: ``bare_status.py SOCKET``."""

from __future__ import annotations

import json
import socket
import sys

CALL = b'{"jsonrpc":"2.0","id":1,"method":"activation.get","params":{}}\n'

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(CALL)
    received = b""
    while not received.endswith(b"\n"):
        received += connection.recv(65536)
print(json.loads(received)["result"]["state"])
