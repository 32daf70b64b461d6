"""Counts and times of one process, in the text format of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Upper bounds of the duration's buckets, in seconds.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Methods that have a name in the labels; a client can send any other.
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
#: The route of a request that leads to none. A path would make a series of its own each time.
NO_ROUTE = "none"

Labels = Mapping[str, str | int]
#: Name, help, kind (`counter`, `gauge`), and values by their labels.
Family = tuple[str, str, str, Iterable[tuple[Labels, float]]]


class Metrics:
    """What a process has done since it started."""

    def __init__(self) -> None:
        self.in_flight = 0
        #: Webhooks received, by billing API and outcome.
        self.webhooks: Counter[tuple[str, str]] = Counter()
        #: Webhooks that simulated Stripe has sent, by outcome.
        self.deliveries: Counter[str] = Counter()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        #: Per method and route a count for each bucket and one for what is longer, and the sum.
        self._durations: dict[tuple[str, str], tuple[list[int], list[float]]] = {}

    def count_request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request that was answered; `status` is 0 if it got no response."""
        method = method if method in _METHODS else "other"
        route = route or NO_ROUTE
        self._requests[method, route, status] += 1
        found = self._durations.get((method, route))
        if found is None:
            found = self._durations[method, route] = ([0] * (len(BUCKETS_S) + 1), [0.0])
        counts, total = found
        counts[bisect_left(BUCKETS_S, seconds)] += 1
        total[0] += seconds

    def count_delivery(self, outcome: str) -> None:
        """Count a webhook that simulated Stripe has sent."""
        self.deliveries[outcome] += 1

    def render(self, gauges: Iterable[Family] = ()) -> str:
        """Return everything as text, with what is known only now."""
        families: list[Family] = [
            (
                "keystead_http_requests_total",
                "Requests by route and status; 0 is a connection closed without a response.",
                "counter",
                [
                    ({"method": method, "route": route, "status": status}, count)
                    for (method, route, status), count in sorted(self._requests.items())
                ],
            ),
            (
                "keystead_http_requests_in_flight",
                "Requests that are being answered, this one included.",
                "gauge",
                [({}, self.in_flight)],
            ),
            (
                "keystead_webhooks_received_total",
                "Webhooks of Stripe by billing API and outcome.",
                "counter",
                [
                    ({"api": api, "outcome": outcome}, count)
                    for (api, outcome), count in sorted(self.webhooks.items())
                ],
            ),
            (
                "keystead_webhook_deliveries_total",
                "Webhooks that simulated Stripe has sent, by outcome.",
                "counter",
                [
                    ({"outcome": outcome}, count)
                    for outcome, count in sorted(self.deliveries.items())
                ],
            ),
            *gauges,
        ]
        lines = [line for family in families for line in _family_lines(family)]
        return "\n".join([*lines, *self._duration_lines(), ""])

    def _duration_lines(self) -> Iterable[str]:
        name = "keystead_http_request_duration_seconds"
        yield f"# HELP {name} Time until the response was sent."
        yield f"# TYPE {name} histogram"
        for (method, route), (counts, total) in sorted(self._durations.items()):
            labels: Labels = {"method": method, "route": route}
            below = 0
            for bound, count in zip((*BUCKETS_S, "+Inf"), counts, strict=True):
                below += count
                yield f"{name}_bucket{_text({**labels, 'le': str(bound)})} {below}"
            yield f"{name}_sum{_text(labels)} {total[0]:.6f}"
            yield f"{name}_count{_text(labels)} {below}"


def _family_lines(family: Family) -> Iterable[str]:
    name, what, kind, values = family
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values:
        number = str(int(value)) if value == int(value) else f"{value:.3f}"
        yield f"{name}{_text(labels)} {number}"


def _text(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(str(text))}"' for name, text in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
