"""The backend's side: the stub's controls (specification §12.2) over plain HTTP."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from keystead.errors import BackendUnreachable

#: Seconds for one control; advancing the clock past a renewal delivers its webhooks meanwhile.
_LIMIT_S = 30.0


class Backend:
    """A running stub."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._place = urlsplit(url).netloc

    def health(self) -> dict[str, Any]:
        return self._ask("GET", "/health")

    def now_ms(self) -> int:
        """Return the stub's time, epoch ms."""
        return int(self._ask("GET", "/_stub/clock")["now"])

    def settled_ms(self) -> int | None:
        """Return the stub's time; null while it is being advanced.

        On the way, the time has come for a renewal that has not happened yet.
        """
        clock = self._ask("GET", "/_stub/clock")
        return None if clock["advancing"] else int(clock["now"])

    def travel_to(self, ms: int) -> None:
        """Advance the stub's clock to an instant (epoch ms), with all that is due until then."""
        if ms > self.now_ms():
            self._ask("POST", "/_stub/clock/advance", {"to": ms})

    def unplug(self) -> None:
        """Drop every connection, as without a network."""
        self._ask("PUT", "/_stub/faults", {"dropConnection": True})

    def plug_in(self) -> None:
        self._ask("DELETE", "/_stub/faults")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = HTTPConnection(self._place, timeout=_LIMIT_S)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            sent = json.dumps(body) if body is not None else None
            connection.request(method, path, body=sent, headers=headers)
            answer = connection.getresponse()
            data, status = answer.read(), answer.status
        except (OSError, HTTPException):
            raise BackendUnreachable(f"The stub does not answer {method} {path}.") from None
        finally:
            connection.close()
        if status >= 400:
            raise BackendUnreachable(f"The stub refuses {method} {path} ({status}).")
        members: dict[str, Any] = json.loads(data)
        return members
