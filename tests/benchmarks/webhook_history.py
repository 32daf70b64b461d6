"""A webhook about a customer with six years of events, against one with a year of them.

Both are customers of stubs in this process, so that only the time on a core counts. The aim is
that an event costs the same however many came before it.
"""

from __future__ import annotations

import json
import secrets
from itertools import count
from time import thread_time_ns
from typing import Any

import sqlalchemy as sa

from benchmarks.environment import BenchmarkEnvironment
from benchmarks.measurement import NANOSECONDS, CannotMeasure, Sampler, take_turns
from benchmarks.results import Row, of_turns
from keystead.instants import DAY_MS
from keystead_stub.app import Options, build
from keystead_stub.billing import webhook_receiver
from keystead_stub.services import Services
from keystead_stub.settings import Settings
from keystead_stub.store.tables import billing_events
from support.stripe_world import StripeWorld

_AIM = 1.2
_TURNS = 15
_EVENTS = 25
_YEAR_DAYS = 365
_URL = "http://127.0.0.1:8787"
#: What a year brings, of every type that comes with a renewal.
_TYPES = ("invoice.paid", "customer.subscription.updated", "charge.succeeded", "invoice.created")
_numbers = count()


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    events = _life(years=6)
    until = events[0]["created"] + (_YEAR_DAYS + 1) * 86_400
    one_year = _stub(stage, [event for event in events if event["created"] < until])
    six_years = _stub(stage, events)
    contenders = {
        "floor": _receiving(one_year, events),
        "ours": _receiving(six_years, events),
    }
    turns = take_turns(contenders, stage.turns(_TURNS))
    what = f"stub, a webhook after {_kept(six_years)} events of the customer"
    peer = f"the same after {_kept(one_year)} events"
    return [of_turns(turns, what=what, peer=peer, aim=_AIM)]


def _life(years: int) -> list[dict[str, Any]]:
    """Return simulated Stripe's events of a customer who pays each month, the oldest first."""
    world = StripeWorld()
    world.buy()
    world.pass_time(to_ms=world.stripe.now_ms() + years * _YEAR_DAYS * DAY_MS)
    return [dict(event.document) for event in world.events()]


def _stub(stage: BenchmarkEnvironment, events: list[dict[str, Any]]) -> Services:
    """Return a stub that has received these events."""
    settings = Settings.load({}, url=_URL, random=secrets.token_bytes)
    services = build(settings, Options(url=_URL, config=stage.folder / "config.toml")).services
    for event in events:
        _receive(services, event)
    return services


def _kept(services: Services) -> int:
    with services.store.read() as connection:
        found = connection.scalar(sa.select(sa.func.count()).select_from(billing_events))
    return int(found or 0)


def _receiving(services: Services, events: list[dict[str, Any]]) -> Sampler:
    """Return the seconds that one more event takes at this stub."""
    newest = [next(one for one in reversed(events) if one["type"] == kind) for kind in _TYPES]

    def sample() -> float:
        measured = [
            newest[number % len(newest)] | {"id": f"evt_measured_{next(_numbers):09}"}
            for number in range(_EVENTS)
        ]
        begin = thread_time_ns()
        for event in measured:
            _receive(services, event)
        taken = thread_time_ns() - begin
        # Every sample begins with as many events.
        with services.store.write() as connection:
            ours = billing_events.c.event_id.startswith("evt_measured_")
            connection.execute(sa.delete(billing_events).where(ours))
        return taken / NANOSECONDS / _EVENTS

    return sample


def _receive(services: Services, event: dict[str, Any]) -> None:
    body = json.dumps(event).encode()
    if webhook_receiver.receive(services, body, None, unsigned=True):
        raise CannotMeasure(f"{event['id']} was received before")
