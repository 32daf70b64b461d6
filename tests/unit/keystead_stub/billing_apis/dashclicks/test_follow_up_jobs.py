"""Jobs that follow from a merchant's events run once, even if the process is killed in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import msgspec
import pytest

from keystead.wire.dashclicks import selling
from support.merchant import Merchant
from support.served_stub import ServedStub, served_stub

PATIENCE_S = 60


class Receiver:
    """Receives jobs. It accepts the first one without answering, and answers the others."""

    def __init__(self) -> None:
        self.url = ""
        self.reached, self.answering = Event(), Event()
        self.ended = Event()
        self.done: list[tuple[str, dict[str, Any]]] = []

    def take(self, key: str, body: bytes) -> bool:
        self.reached.set()
        if not self.answering.is_set():
            self.ended.wait(PATIENCE_S)
            return False
        self.done.append((key, msgspec.json.decode(body)))
        return True


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if receiver.take(self.headers["idempotency-key"], body):
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/jobs"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.long
def test_a_crash_between_event_and_job_neither_loses_nor_repeats_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as receiver, ThreadPoolExecutor() as pool:
        monkeypatch.setenv("NOTIFICATION_SERVICE_URL", receiver.url)
        with served_stub(tmp_path / "stub") as stub:
            session_id = checkout(stub)
            paying = pool.submit(stub.pay, session_id, email="ada@example.com")
            assert receiver.reached.wait(PATIENCE_S)
            stub.kill()
            assert isinstance(paying.exception(PATIENCE_S), httpx.HTTPError)
            receiver.answering.set()
            stub.start()
            # Long enough for an event that was refused three times to be delivered again.
            stub.clock.advance(hours=8)
            bodies = {body["type"]: body for _, body in receiver.done}
            assert set(bodies) == {"contact.link", "purchase.fulfil", "conversation.open"}
            assert bodies["contact.link"]["email"] == "ada@example.com"
            assert bodies["purchase.fulfil"]["sessionId"] == session_id
            for event in stub.ask("GET", "/_stub/events?limit=1000")["events"]:
                stub.ask("POST", f"/_stub/events/{event['id']}/redeliver")
            stub.clock.advance(days=4)
            assert set(Counter(key for key, _ in receiver.done).values()) == {1}


def checkout(stub: ServedStub) -> str:
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=PATIENCE_S) as http:
        acme = Merchant(stub, http, "acme")
        fields = {"plan": acme.sells_once(), "billingPeriod": "once"}
        return str(acme.made(selling.CHARGES, fields)["sessionId"])
