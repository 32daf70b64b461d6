"""Ask the daemon one thing, with the standard library alone.

Loading the core (`keystead.local_client` and the types that it checks by) takes longer than
everything else in ``keystead status`` together, and a status that is only printed needs none of
it. Whatever is unusual here, the caller asks again the full way.
"""

from __future__ import annotations

import json
import socket
from typing import Any

_MAX_LINE = 64 * 1024
_TIMEOUT_S = 5.0


def ask(path: str, method: str) -> dict[str, Any] | None:
    """The result of a method without parameters, or None where there is anything to explain."""
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(path)
            connection.sendall(json.dumps(call).encode() + b"\n")
            with connection.makefile("rb") as answers:
                result = json.loads(answers.readline(_MAX_LINE + 1)).get("result")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return result if isinstance(result, dict) else None
