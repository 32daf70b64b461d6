"""Whoever has a paid, unrefunded period is never inactive, and whoever has none never active."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from keystead_stub.billing.billing_history import EMPTY, decode, encode, merge
from keystead_stub.billing.billing_state import BillingState, decide_state
from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing.event_facts import facts_of, replay
from keystead_stub.billing.licensed_plans import entitlement_of, offer_of
from keystead_stub.billing.licensing import Standing, Terms, decide_standing, state_at
from keystead_stub.stripe_types.events import StripeEvent, parse_event
from support.billing_story import (
    COURSES,
    CUSTOMER,
    DAY_S,
    FATES,
    NOW_S,
    BoughtOnce,
    Lost,
    Part,
    Subscribed,
    Telling,
    Unrelated,
)

CATALOGUE = default_catalogue()
TERMS = Terms(issuer="https://billing.example", audience="nyra")
#: Few instants, so that several things happen in one second.
SINCE = st.sampled_from([NOW_S - days * DAY_S for days in (1, 2, 4, 20)])
FATE = st.sampled_from(sorted(FATES))
LOST: st.SearchStrategy[Lost] = st.sampled_from(["none", "none", "later", "all"])


@st.composite
def stories(draw: st.DrawFn) -> list[Part]:
    """Generate what one customer did: up to four things."""
    parts: list[Part] = []
    for number in range(draw(st.integers(0, 4))):
        name, since = f"n{number}", draw(SINCE)
        match draw(st.sampled_from(["subscription"] * 3 + ["once", "unrelated"])):
            case "subscription":
                parts.append(
                    Subscribed(
                        name,
                        draw(st.sampled_from(COURSES)),
                        since,
                        months=draw(st.integers(1, 3)),
                        fate=draw(FATE),
                        ours=draw(st.booleans()),
                        change=draw(st.booleans()),
                        by_checkout=draw(st.booleans()),
                        lost=draw(LOST),
                    )
                )
            case "once":
                parts.append(
                    BoughtOnce(
                        name,
                        since,
                        draw(FATE),
                        ours=draw(st.booleans()),
                        pending=draw(st.booleans()),
                    )
                )
            case _:
                parts.append(Unrelated(name, since, draw(FATE)))
    return parts


def told(story: list[Part], telling: Telling) -> list[StripeEvent]:
    """Return the story's events, as they are read from the bodies of webhooks."""
    documents = [document for part in story for document in part.events(telling)]
    return [parse_event(json.loads(json.dumps(document))) for document in documents]


def standing(state: BillingState) -> Standing:
    now_ms = NOW_S * 1000
    current = state_at(state, TERMS, now_ms)
    entitles = entitlement_of(CATALOGUE, current)
    return decide_standing(current, entitles=entitles, now_ms=now_ms, terms=TERMS)


ACTIVE = Subscribed("a", "active", NOW_S - 20 * DAY_S)


@example([ACTIVE, Subscribed("b", "incomplete", NOW_S - DAY_S)], "event", None)
@example([ACTIVE, Subscribed("b", "active", NOW_S - DAY_S, ours=False)], "event", None)
@example([ACTIVE, Subscribed("b", "active", NOW_S - DAY_S, fate="refunded")], "none", None)
@example([ACTIVE, Unrelated("b", NOW_S - DAY_S, "refunded")], "event", None)
@example([Subscribed("a", "active", NOW_S - DAY_S, change=True)], "fields", None)
@example([Subscribed("a", "sent", NOW_S - 20 * DAY_S, months=2)], "event", None)
@example([Subscribed("a", "debit_pending", NOW_S - DAY_S)], "fields", None)
@example(
    [Subscribed("a", "active", NOW_S - 4 * DAY_S, by_checkout=True, lost="all")], "event", None
)
@example(
    [Subscribed("a", "debit_paid", NOW_S - DAY_S, fate="dispute_lost", lost="later")], "event", None
)
@example([Subscribed("a", "active", NOW_S - 4 * DAY_S, months=3, lost="later")], "fields", None)
@example([Subscribed("a", "active", NOW_S - DAY_S, fate="refunded", lost="all")], "event", None)
@example([Subscribed("a", "renewing", NOW_S - 20 * DAY_S, lost="all")], "none", None)
@given(stories(), st.sampled_from(["event", "fields", "none"]), st.data() | st.none())
def test_a_customer_is_active_exactly_while_something_of_ours_is_paid(
    story: list[Part], link: Any, data: st.DataObject | None
) -> None:
    happened = told(story, Telling(link))
    arrived = happened if data is None else data.draw(st.permutations(happened))
    history = reduce(
        lambda known, event: decode(encode(merge(known, facts_of(event)))), arrived, EMPTY
    )
    assert history == replay(happened)
    state = decide_state(CUSTOMER, history, offer_of(CATALOGUE))
    assert standing(state).active is any(part.entitles for part in story)
