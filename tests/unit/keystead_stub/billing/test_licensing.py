"""The expiry table of specification §3.8, over all billing states."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead import trust
from keystead.documents import LICENSE_TYP, TOKEN_TYP, issue
from keystead.instants import DAY_MS, HOUR_MS, MAX_MS, iso
from keystead.keys import KeySet, SigningKey
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.licensing import (
    Standing,
    Terms,
    decide_standing,
    grace_boundary,
    license_for,
    state_at,
    token_for,
)

TERMS = Terms(issuer="http://127.0.0.1:8787", audience="nyra")
KEY = SigningKey(bytes(32))
KEYS = KeySet([KEY.public_key])
DEVICE = SigningKey(bytes(range(32))).thumbprint
NOW = 1_800_000_000_000
GRACE_MS = 72 * HOUR_MS

INSTANTS = st.integers(NOW - 400 * DAY_MS, NOW + 400 * DAY_MS)
STATES = st.builds(
    BillingState,
    customer_id=st.just("cus_1"),
    status=st.sampled_from(["active", "trialing", "past_due", "settling", "canceled", "new_one"]),
    entitled=st.booleans(),
    period_end_ms=st.none() | INSTANTS,
    cancel_at_period_end=st.booleans(),
    settling_since_ms=st.none() | INSTANTS,
    bought_once=st.booleans(),
    ever_paid=st.booleans(),
    seats=st.integers(1, 50),
    price_id=st.none() | st.just("price_1"),
)


def standing(state: BillingState, now_ms: int = NOW, *, removed: bool = False) -> Standing:
    return decide_standing(
        state,
        entitles=ProductEntitlement("pro", ("export",)),
        now_ms=now_ms,
        terms=TERMS,
        removed=removed,
    )


@pytest.mark.parametrize(
    ("state", "boundary", "grace_s"),
    [
        ({"status": "active", "period_end_ms": NOW + DAY_MS}, NOW + DAY_MS + GRACE_MS, 259200),
        ({"status": "past_due", "period_end_ms": NOW - DAY_MS}, NOW - DAY_MS + GRACE_MS, 259200),
        # The calendar ends with the last second of the year 9999.
        ({"status": "active", "period_end_ms": MAX_MS}, MAX_MS - 999, 259200),
        (
            {"status": "active", "period_end_ms": NOW + DAY_MS, "cancel_at_period_end": True},
            NOW + DAY_MS,
            0,
        ),
        # The grace period is for paying the open invoice; canceling does not shorten it.
        (
            {"status": "past_due", "period_end_ms": NOW - DAY_MS, "cancel_at_period_end": True},
            NOW - DAY_MS + GRACE_MS,
            259200,
        ),
        (
            {"status": "trialing", "period_end_ms": NOW + DAY_MS, "cancel_at_period_end": True},
            NOW + DAY_MS,
            0,
        ),
        ({"status": "settling", "settling_since_ms": NOW - HOUR_MS}, NOW + 23 * HOUR_MS, 86400),
        ({"status": "active", "bought_once": True}, NOW + 24 * HOUR_MS, 86400),
    ],
)
def test_each_row_of_the_expiry_table_has_its_boundary_and_grace(
    state: dict[str, object], boundary: int, grace_s: int
) -> None:
    known = msgspec.convert({"customer_id": "cus_1", "entitled": True, **state}, BillingState)
    found = standing(known)
    assert (found.active, found.boundary_ms, found.grace_s) == (True, boundary, grace_s)


def test_an_inactive_standing_has_a_boundary_a_day_later() -> None:
    found = standing(BillingState(customer_id="cus_1", status="unpaid", ever_paid=True))
    assert (found.active, found.status, found.boundary_ms) == (False, "unpaid", NOW + DAY_MS)
    assert found.entitlement is not None
    assert standing(BillingState(customer_id="cus_1", status="incomplete")).entitlement is None


def test_a_removed_device_is_inactive_even_if_the_customer_has_paid() -> None:
    paid = BillingState(
        customer_id="cus_1", status="active", entitled=True, period_end_ms=NOW + DAY_MS
    )
    found = standing(paid, removed=True)
    assert (found.active, found.status) == (False, "device_removed")


@given(STATES, INSTANTS, st.booleans())
def test_clients_accept_the_documents_that_are_issued(
    state: BillingState, now_ms: int, removed: bool
) -> None:
    found = standing(state, now_ms, removed=removed)
    document = license_for(
        found,
        customer_id="cus_1",
        device_id=DEVICE,
        terms=TERMS,
        audience="nyra",
        now_ms=now_ms,
        jti="j",
        nonce="n" * 16,
    )
    read = trust.verify_license(issue(document, KEY), keys=KEYS, product="nyra")
    assert read == document
    assert read.exp * 1000 == read.offline_grace.ends_at
    assert read.offline_grace.ends_at_iso == iso(read.offline_grace.ends_at)
    token = token_for(document)
    assert (token is not None) == found.active == document.active
    if token is not None:
        accepted = trust.accept_token(
            issue(token, KEY), keys=KEYS, product="nyra", device=DEVICE, license=document
        )
        assert accepted.expires_at == document.exp * 1000
    assert {LICENSE_TYP, TOKEN_TYP} == {"license+jwt", "device-access+jwt"}


@given(STATES, INSTANTS)
def test_no_device_is_active_past_the_paid_period_and_its_grace(
    state: BillingState, now_ms: int
) -> None:
    found = standing(state, now_ms)
    if not found.active:
        assert found.boundary_ms <= now_ms + DAY_MS
        return
    if state.bought_once:
        assert found.boundary_ms <= now_ms + DAY_MS
        return
    paid = state.period_end_ms
    limit = (state.settling_since_ms or 0) + DAY_MS if paid is None else paid + GRACE_MS
    assert now_ms - 1000 < found.boundary_ms <= limit
    if paid is not None and state.cancel_at_period_end and state.status != "past_due":
        assert found.boundary_ms <= paid


@given(STATES, INSTANTS, st.integers(0, 400 * DAY_MS))
def test_without_new_events_an_active_device_only_becomes_inactive(
    state: BillingState, now_ms: int, later_ms: int
) -> None:
    before, after = standing(state, now_ms), standing(state, now_ms + later_ms)
    assert before.active or not after.active
    if after.active and not state.bought_once:
        assert after.boundary_ms == before.boundary_ms


def test_no_license_is_issued_for_a_price_without_an_entitlement() -> None:
    paid = BillingState(
        customer_id="cus_1",
        status="active",
        entitled=True,
        period_end_ms=NOW + DAY_MS,
        ever_paid=True,
    )
    found = decide_standing(paid, entitles=None, now_ms=NOW, terms=TERMS)
    assert (found.active, found.reason, found.entitlement) == (False, "not_paid", None)
    late = msgspec.structs.replace(paid, status="past_due", reason="payment_failed")
    refused = decide_standing(late, entitles=None, now_ms=NOW, terms=TERMS)
    assert (refused.active, refused.reason) == (False, "payment_failed")


ACTIVE = BillingState(
    customer_id="cus_1", status="active", entitled=True, period_end_ms=NOW, ever_paid=True
)


def test_a_device_is_active_until_the_second_in_which_its_grace_ends() -> None:
    end_ms = NOW + GRACE_MS
    assert standing(ACTIVE, end_ms - 1).active
    after = standing(ACTIVE, end_ms)
    assert (after.active, after.status, after.reason) == (False, "active", "period_ended")


@pytest.mark.parametrize("status", ["canceled", "unpaid", "paused"])
def test_a_customer_who_is_not_entitled_is_refused_within_a_paid_period(status: str) -> None:
    """A refund or a cancellation ends the entitlement before its paid period ends."""
    state = msgspec.structs.replace(
        ACTIVE, status=status, entitled=False, period_end_ms=NOW + DAY_MS, reason="refunded"
    )
    found = standing(state)
    assert (found.active, found.status, found.reason) == (False, status, "refunded")
    assert found.grace_s == 0
    once = msgspec.structs.replace(state, bought_once=True)
    assert not standing(once).active


def test_a_license_and_its_token_end_with_the_grace_to_the_second() -> None:
    document = license_for(
        standing(ACTIVE),
        customer_id="cus_1",
        device_id=DEVICE,
        terms=TERMS,
        audience="nyra",
        now_ms=NOW,
        jti="j",
        nonce=None,
    )
    token = token_for(document)
    assert token is not None
    assert token.exp == document.exp == (NOW + GRACE_MS) // 1000
    assert token.expires_at == document.offline_grace.ends_at == NOW + GRACE_MS


def test_a_boundary_is_rounded_down_to_a_whole_second() -> None:
    odd = msgspec.structs.replace(ACTIVE, period_end_ms=NOW + 999)
    assert standing(odd).boundary_ms == NOW + GRACE_MS
    assert standing(BillingState(customer_id="c"), NOW + 999).boundary_ms == NOW + DAY_MS


def test_settling_ends_a_day_after_the_checkout_was_completed() -> None:
    state = BillingState(customer_id="cus_1", entitled=True, settling_since_ms=NOW)
    assert standing(state, NOW + DAY_MS - 1).active
    late = standing(state, NOW + DAY_MS)
    assert (late.active, late.status, late.reason) == (False, "settling", "payment_not_confirmed")
    failed = msgspec.structs.replace(state, reason="payment_processing")
    assert standing(failed, NOW + DAY_MS).reason == "payment_processing"
    unknown = msgspec.structs.replace(state, settling_since_ms=None)
    assert not standing(unknown, NOW).active


def test_features_from_stripe_take_precedence_over_the_catalogues() -> None:
    plain = standing(ACTIVE).entitlement
    assert plain is not None
    assert plain.features == ("export",)
    listed = standing(msgspec.structs.replace(ACTIVE, features=())).entitlement
    assert listed is not None
    assert (listed.key, listed.features) == ("pro", ())


def test_the_default_license_terms_match_the_contract() -> None:
    assert (TERMS.offline_grace_s, TERMS.refresh_after_s) == (72 * 3600, 6 * 3600)
    assert (TERMS.device_limit, TERMS.exchange_limit) == (3, 5)
    assert TERMS.exchange_window_s == 30 * 24 * 3600


def test_an_invoice_that_was_sent_is_waited_for_until_it_is_due_and_the_grace() -> None:
    state = BillingState(
        customer_id="cus_1",
        status="active",
        entitled=True,
        period_end_ms=NOW + 31 * DAY_MS,
        due_ms=NOW + 30 * DAY_MS,
    )
    assert grace_boundary(state, TERMS, NOW) == (NOW + 33 * DAY_MS, 259_200)
    ending = msgspec.structs.replace(state, cancel_at_period_end=True)
    assert grace_boundary(ending, TERMS, NOW) == (NOW + 30 * DAY_MS, 0)
    left = msgspec.structs.replace(state, due_ms=None, no_grace=True)
    assert grace_boundary(left, TERMS, NOW) == (NOW + 31 * DAY_MS, 0)


def test_what_else_entitles_counts_once_a_period_has_run_out() -> None:
    once = BillingState(customer_id="cus_1", status="active", entitled=True, bought_once=True)
    owed = BillingState(
        customer_id="cus_1",
        status="past_due",
        entitled=True,
        period_end_ms=NOW - DAY_MS,
        alternatives=(once,),
    )
    assert state_at(owed, TERMS, NOW) == owed
    assert state_at(owed, TERMS, NOW + 3 * DAY_MS) == once
    alone = msgspec.structs.replace(owed, alternatives=())
    assert state_at(alone, TERMS, NOW + 3 * DAY_MS) == alone


@pytest.mark.parametrize(
    ("reason", "signed"),
    [
        ("refunded", True),
        ("disputed", True),
        ("not_paid", True),
        ("payment_not_confirmed", True),
        ("other_product", True),
        # What the status says already.
        ("canceled", False),
        ("payment_failed", False),
        (None, False),
    ],
)
def test_a_reason_is_signed_where_the_status_does_not_say_it(
    reason: str | None, signed: bool
) -> None:
    state = BillingState(customer_id="cus_1", status="canceled", reason=reason)
    standing = decide_standing(state, entitles=None, now_ms=NOW, terms=TERMS)
    document = license_for(
        standing,
        customer_id="cus_1",
        device_id="d",
        audience="nyra",
        terms=TERMS,
        now_ms=NOW,
        jti="1",
        nonce=None,
    )
    assert document.reason == (reason if signed else None)


def test_a_subscription_to_another_product_has_that_reason() -> None:
    state = BillingState(
        customer_id="cus_1", status="active", entitled=True, subscription_id="sub_1", price_id="p"
    )
    found = decide_standing(state, entitles=None, now_ms=NOW, terms=TERMS)
    assert (found.active, found.status, found.reason) == (False, "active", "other_product")


def test_a_quantity_of_zero_buys_nothing() -> None:
    none = msgspec.structs.replace(ACTIVE, seats=0)
    found = standing(none)
    assert (found.active, found.reason) == (False, "not_paid")
    assert standing(msgspec.structs.replace(ACTIVE, seats=250_000)).active
