"""Deliver webhooks as Stripe does: over many connections, and again until each has a 200."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from burst.lives import Event
from keystead.wire import nyra
from keystead_stub.stripe_types.webhook_signature import sign

_TIMEOUT_S = 240
#: Before a refused delivery is tried again. Stripe waits hours; a burst has no time for that.
_PAUSE_S = 0.02


class Deliveries:
    """What became of the deliveries. `taken` counts the events' answers that were no duplicate."""

    def __init__(self, events: Sequence[Event], secret: str) -> None:
        self.taken: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self._secret = secret
        self._queue: SimpleQueue[Event] = SimpleQueue()
        self._open = len(events)
        self._settled = threading.Condition()
        self._total = len(events)
        for event in events:
            self._queue.put(event)

    @property
    def done(self) -> int:
        return self._total - self._open

    def run(
        self,
        urls: Sequence[str],
        connections: int,
        disturbances: Sequence[tuple[float, Callable[[], None]]] = (),
    ) -> None:
        """Deliver everything; each disturbance happens once its share of the deliveries is done."""
        threads = [
            threading.Thread(target=self._work, args=(urls, number), daemon=True)
            for number in range(connections)
        ]
        for thread in threads:
            thread.start()
        for share, disturb in disturbances:
            self._wait_until(share * self._total)
            disturb()
        for thread in threads:
            thread.join()

    def _wait_until(self, done: float) -> None:
        with self._settled:
            self._settled.wait_for(lambda: self.done >= done)

    def _work(self, urls: Sequence[str], number: int) -> None:
        connection: http.client.HTTPConnection | None = None
        while self._open:
            try:
                event = self._queue.get(timeout=_PAUSE_S)
            except Empty:
                continue
            if connection is None:
                # The next endpoint each time, so that a dead one holds nothing up.
                number += 1
                place = urlsplit(urls[number % len(urls)])
                connection = http.client.HTTPConnection(place.netloc, timeout=_TIMEOUT_S)
            try:
                answer = self._deliver(connection, event)
            except (OSError, http.client.HTTPException):
                connection.close()
                connection, answer = None, "no answer"
            self._note(event, answer)
            if answer == "no answer":
                # Until its process is back, or for a moment.
                with self._settled:
                    self._settled.wait(_PAUSE_S)
        if connection is not None:
            connection.close()

    def _deliver(self, connection: http.client.HTTPConnection, event: Event) -> str:
        body = json.dumps(event).encode()
        header = sign(body, [self._secret], at_s=int(time.time()))
        connection.request("POST", nyra.WEBHOOK, body, {"Stripe-Signature": header})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            return str(answer.status)
        return "duplicate" if json.loads(content)["duplicate"] else "taken"

    def _note(self, event: Event, answer: str) -> None:
        with self._settled:
            self.answers[answer] += 1
            if answer == "taken":
                self.taken[event["id"]] += 1
            if answer in {"taken", "duplicate"}:
                self._open -= 1
                self._settled.notify_all()
            else:
                self._queue.put(event)
