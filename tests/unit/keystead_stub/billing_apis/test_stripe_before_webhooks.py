"""`/stripe/v1` with `Prefer: respond-async`: answers that don't wait for webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from keystead_stub.in_process import BillingStub

KEY = {"Authorization": "Bearer sk_test_platform"}


class SlowEndpoint:
    """Answers no webhook before `open`. It listens at `url`."""

    def __init__(self) -> None:
        self.open, self.arrived = threading.Event(), threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                endpoint.arrived.set()
                endpoint.open.wait(60)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.open.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def slow() -> Iterator[SlowEndpoint]:
    endpoint = SlowEndpoint()
    yield endpoint
    endpoint.close()


def test_respond_async_answers_before_the_webhooks(
    tmp_path_factory: pytest.TempPathFactory, slow: SlowEndpoint
) -> None:
    with (
        BillingStub.running(tmp_path_factory.mktemp("stub")) as stub,
        httpx.Client(
            base_url=f"{stub.url}/stripe/v1", headers=KEY, trust_env=False, timeout=60
        ) as http,
    ):
        http.timeout = httpx.Timeout(10)
        http.post("/webhook_endpoints", data={"url": slow.url, "enabled_events[]": "*"})
        first = {"Prefer": "respond-async"}
        for _ in range(3):
            assert http.post("/customers", headers=first).status_code == 200
        assert slow.arrived.wait(60)
        assert not slow.open.is_set()
        assert len(http.get("/customers").json()["data"]) == 3
        slow.open.set()
        # Without the header the answer waits for all webhooks.
        assert http.post("/customers").status_code == 200
        all_events = stub.ask("GET", "/_stub/events")["events"]
        assert [one["type"] for one in all_events] == ["customer.created"] * 4
        ways = [one["status"] for event in all_events for one in event["deliveries"]]
        assert ways == [200] * len(ways) != []


def test_the_clock_says_that_it_is_on_its_way(
    tmp_path_factory: pytest.TempPathFactory, slow: SlowEndpoint
) -> None:
    """Whoever follows the clock must not take the time of a renewal for the renewal."""

    def advancing() -> bool:
        return bool(stub.ask("GET", "/_stub/clock")["advancing"])

    with BillingStub.running(tmp_path_factory.mktemp("stub")) as stub:
        stub.ask("POST", "/_stub/seed", {"customers": 1})
        assert not advancing()
        hook = {"url": slow.url, "enabled_events[]": "invoice.paid"}
        made = httpx.post(f"{stub.url}/stripe/v1/webhook_endpoints", data=hook, headers=KEY)
        assert made.status_code == 200
        with ThreadPoolExecutor(1) as pool:
            travel = pool.submit(stub.clock.advance, days=32)
            assert slow.arrived.wait(60)
            assert advancing()
            slow.open.set()
            travel.result()
        assert not advancing()
