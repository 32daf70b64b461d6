"""Event intake: the history stored for a customer, and the statements that it needs."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from keystead.instants import DAY_MS
from keystead_stub.app import Options, build
from keystead_stub.billing import customer_states, event_intake, webhook_receiver
from keystead_stub.billing.billing_history import FOLD_VERSION, encode
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.settings import Settings
from keystead_stub.store import customers
from keystead_stub.store.tables import billing_histories
from support.stripe_world import StripeWorld

URL = "http://127.0.0.1:8787"
Document = dict[str, Any]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    settings = Settings.load({}, url=URL, random=secrets.token_bytes)
    stub = build(settings, Options(url=URL, config=tmp_path / "config.toml"))
    yield stub.services
    stub.close()


@pytest.fixture(scope="module")
def year() -> tuple[str, list[Document]]:
    """Return a customer id and a year of the customer's events, oldest first."""
    world = StripeWorld()
    customer_id = world.buy()
    world.pass_time(to_ms=world.stripe.now_ms() + 365 * DAY_MS)
    return customer_id, [dict(event.document) for event in world.events(customer_id)]


def receive(services: Services, events: list[Document]) -> None:
    """Deliver the events; a deferred event is delivered again after the others."""
    waiting = []
    for event in events:
        try:
            body = json.dumps(event).encode()
            asyncio.run(webhook_receiver.receive(services, body, None, unsigned=True))
        except ProblemError as error:
            if error.code != "unavailable":
                raise
            waiting.append(event)
    assert len(waiting) < len(events) or not events
    if waiting:
        receive(services, waiting)


def state_of(services: Services, customer_id: str) -> BillingState:
    with services.store.read() as connection:
        state = customer_states.state_of(connection, customer_id)
    assert state is not None
    return state


def set_version(services: Services, version: int) -> None:
    with services.store.write() as connection:
        connection.execute(sa.update(billing_histories).values(version=version, history="not read"))


def test_the_stored_history_equals_a_replay_of_all_stored_events(
    services: Services, year: tuple[str, list[Document]]
) -> None:
    customer_id, events = year
    shuffled = [*events, *events[::5]]
    Random(7).shuffle(shuffled)
    receive(services, shuffled)
    with services.store.read() as connection:
        stored = customers.find_history(connection, customer_id)
        rebuilt = customer_states.rebuilt_history_of(connection, customer_id)
    assert stored == (FOLD_VERSION, encode(rebuilt))
    assert state_of(services, customer_id).status == "active"


def test_processing_an_event_reads_no_earlier_events(
    services: Services, year: tuple[str, list[Document]]
) -> None:
    _, events = year
    receive(services, events[:-1])
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    sa.event.listen(services.store.engine, "before_cursor_execute", note)
    receive(services, events[-1:])
    sa.event.remove(services.store.engine, "before_cursor_execute", note)
    assert any("billing_histories" in one for one in statements)
    assert not [one for one in statements if "SELECT billing_events.payload" in one]


@pytest.mark.parametrize("version", [FOLD_VERSION - 1, FOLD_VERSION + 1])
def test_a_history_of_another_version_is_rebuilt_by_the_next_event(
    services: Services, year: tuple[str, list[Document]], version: int
) -> None:
    customer_id, events = year
    receive(services, events[:-1])
    set_version(services, version)
    receive(services, events[-1:])
    with services.store.read() as connection:
        rebuilt = customer_states.rebuilt_history_of(connection, customer_id)
        assert customers.find_history(connection, customer_id) == (FOLD_VERSION, encode(rebuilt))


def test_a_history_that_is_missing_is_rebuilt_by_the_next_event(
    services: Services, year: tuple[str, list[Document]]
) -> None:
    """Databases of earlier versions have no stored histories."""
    customer_id, events = year
    receive(services, events[:-1])
    with services.store.write() as connection:
        connection.execute(sa.delete(billing_histories))
    receive(services, events[-1:])
    with services.store.read() as connection:
        rebuilt = customer_states.rebuilt_history_of(connection, customer_id)
        assert customer_states.history_of(connection, customer_id) == rebuilt


def test_a_state_can_be_rebuilt_from_the_stored_events(
    services: Services, year: tuple[str, list[Document]]
) -> None:
    customer_id, events = year
    receive(services, events)
    good = state_of(services, customer_id)
    with services.store.write() as connection:
        connection.execute(sa.update(billing_histories).values(history="{}"))
        event_intake.refresh_state(services, connection, customer_id, 1)
    assert state_of(services, customer_id).status == "incomplete"
    with services.store.write() as connection:
        event_intake.rebuild_state(services, connection, customer_id, 2)
    assert state_of(services, customer_id) == good


def test_a_second_event_with_the_same_id_is_ignored(services: Services) -> None:
    """An object retrieved from Stripe twice gives two events with one id and different content."""
    event = {
        "id": "seen:cus_1",
        "type": "customer.updated",
        "created": 1_800_000_000,
        "data": {"object": {"object": "customer", "id": "cus_1", "email": "first@example.com"}},
    }
    receive(services, [event])
    with services.store.write() as connection:
        connection.execute(sa.text("DELETE FROM processed_events"))
    event["data"] = {"object": {"object": "customer", "id": "cus_1", "email": "other@example.com"}}
    event["created"] = 1_800_000_001
    receive(services, [event])
    assert state_of(services, "cus_1").email == "first@example.com"
