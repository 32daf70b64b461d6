"""What an operator sees of a running backend: its log, its metrics, and whether it is ready."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from keystead_stub.http.metrics import Metrics
from keystead_stub.in_process import BillingStub
from support.outside import ELSEWHERE, Reachable, reachable
from support.served_stub import ServedStub

_SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)*)\})? (-?[0-9.e+]+)')
PUBLIC = "https://billing.example"
OPERATOR = "the-token-of-the-operator-0123456789"


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return the samples of a text by name and labels; each line has to be well-formed."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = _SAMPLE.fullmatch(line)
            assert match, line
            found[match[1], match[2] or ""] = float(match[3])
    return found


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reachable]:
    folder = tmp_path_factory.mktemp("published")
    environ = {"KEYSTEAD_STUB_PUBLIC_URL": PUBLIC, "NYRA_LICENSE_API_TOKEN": OPERATOR}
    with reachable(folder, **environ) as stub:
        yield stub


def test_metrics_are_for_this_machine_or_the_operator_s_token(published: Reachable) -> None:
    assert published.ask("GET", "/metrics").status_code == 200
    operator = {"authorization": f"Bearer {OPERATOR}"}
    outside = published.ask("GET", "/metrics", peer=ELSEWHERE, headers=operator)
    assert outside.status_code == 200
    assert outside.headers["content-type"].startswith("text/plain; version=0.0.4")
    refused = [
        published.ask("GET", "/metrics", peer=ELSEWHERE),
        published.ask("GET", "/metrics", host="billing.example"),
        published.ask("GET", "/metrics", headers={"x-forwarded-for": ELSEWHERE}),
        published.ask("GET", "/metrics", headers={"x-forwarded-for": "127.0.0.1"}),
        published.ask(
            "GET", "/metrics", peer=ELSEWHERE, headers={"authorization": f"Bearer {OPERATOR}x"}
        ),
    ]
    assert [answer.status_code for answer in refused] == [401] * len(refused)
    assert all("keystead_" not in answer.text for answer in refused)


def test_metrics_count_requests_webhooks_and_their_time(billing_stub: BillingStub) -> None:
    with httpx.Client(base_url=billing_stub.url, trust_env=False, timeout=60) as http:
        before = samples(http.get("/metrics").text)
        billing_stub.ask("POST", "/_stub/seed", {"customers": 1})
        http.get("/api/license/status?deviceId=hidden-text")
        http.get("/hidden-text")
        text = http.get("/metrics").text
    after = samples(text)
    assert "hidden-text" not in text

    def grown(name: str, labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    requests = "keystead_http_requests_total"
    assert grown(requests, 'method="GET",route="/api/license/status",status="400"') == 1
    assert grown(requests, 'method="GET",route="none",status="404"') == 1
    webhooks = grown("keystead_webhooks_received_total", 'api="nyra",outcome="received"')
    assert webhooks == grown("keystead_webhook_deliveries_total", 'outcome="accepted"') > 0
    route = 'method="POST",route="/api/billing/webhook"'
    duration = "keystead_http_request_duration_seconds"
    assert grown(f"{duration}_count", route) == webhooks
    assert grown(f"{duration}_bucket", f'{route},le="+Inf"') == webhooks
    assert grown(f"{duration}_sum", route) > 0
    assert after["keystead_http_requests_in_flight", ""] == 1
    assert after["keystead_ready", ""] == after["keystead_database_up", ""] == 1
    assert after["keystead_checkout_enabled", ""] == 1
    assert after["keystead_jobs_pending", 'state="new"'] == 0
    assert any(name == "keystead_build_info" and 'stripe="simulated"' in by for name, by in after)


def test_durations_are_counted_in_cumulative_buckets() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.005, 0.3, 20):
        metrics.count_request("BREW", "/pot", 418, seconds)
    found = samples(metrics.render())
    name, labels = "keystead_http_request_duration_seconds", 'method="other",route="/pot"'
    by_bound = {
        bound: found[f"{name}_bucket", f'{labels},le="{bound}"']
        for bound in ("0.005", "0.25", "0.5", "10.0", "+Inf")
    }
    assert by_bound == {"0.005": 2, "0.25": 2, "0.5": 3, "10.0": 3, "+Inf": 4}
    assert found[f"{name}_count", labels] == 4
    assert found[f"{name}_sum", labels] == pytest.approx(20.306)


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    metrics = Metrics()
    metrics.count_request("GET", 'a"b\\c\nd', 200, 0.1)
    line = next(line for line in metrics.render().splitlines() if line.startswith("keystead_http"))
    assert line == (
        'keystead_http_requests_total{method="GET",route="a\\"b\\\\c\\nd",status="200"} 1'
    )


@pytest.mark.long
def test_sigterm_takes_the_process_out_finishes_its_requests_and_ends(tmp_path: Path) -> None:
    """First readiness turns 503, then no connection is accepted, and running requests finish."""
    stub = ServedStub(tmp_path / "stub", arguments=["--drain-delay", "600"])
    with ExitStack() as stack:
        stack.callback(lambda: stub.kill() if stub.alive else None)
        http = stack.enter_context(httpx.Client(base_url=stub.url, trust_env=False, timeout=60))
        assert http.get("/health/ready").json()["ready"] is True
        place = ("127.0.0.1", int(stub.url.rpartition(":")[2]))
        slow = stack.enter_context(socket.create_connection(place, timeout=60))
        # A request whose body takes its time.
        body = json.dumps({"deviceId": "d", "devicePublicKey": "k"}).encode()
        slow.sendall(
            b"POST /api/billing/checkout HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        while samples(http.get("/metrics").text)["keystead_http_requests_in_flight", ""] < 2:
            continue
        stub.terminate()
        while (ready := http.get("/health/ready")).status_code == 200:
            continue
        assert (ready.status_code, ready.json()["draining"]) == (503, True)
        assert (http.get("/health").status_code, http.get("/health").json()["ok"]) == (503, False)
        assert http.get("/health/live").status_code == 200
        assert http.get("/api/billing/plans").status_code == 200
        # The second one ends the delay.
        stub.terminate()
        assert _refuses(place)
        slow.sendall(body)
        answer = slow.makefile("rb").read()
        assert b" 400 " in answer.splitlines()[0]
        stub.ended()
    lines = [json.loads(line) for line in stub.said.splitlines() if line.startswith('{"time"')]
    (line,) = [line for line in lines if line.get("route") == "/api/billing/checkout"]
    assert set(line) == {
        *("time", "level", "event", "method", "route", "status", "ms", "requestId", "code"),
    }
    assert (line["method"], line["status"], line["code"]) == ("POST", 400, "invalid_request")
    assert f"x-request-id: {line['requestId']}".encode() in answer


def _refuses(place: tuple[str, int]) -> bool:
    """Wait until a connection is refused."""
    while True:
        try:
            socket.create_connection(place, timeout=60).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            # The kernel had accepted it when the server closed its socket.
            continue
