"""Every state and hint in words: a sentence for each, and never a word of the wire."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead import hints
from keystead.activation import State
from keystead.errors import DaemonRefused, KeysteadError, StorageFailed
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead.local_api import ActivationView, Checkout
from keystead_client import presentation
from keystead_client.messages.activation import MESSAGES
from keystead_client.presentation import ActivationText, error_text, show
from keystead_client.translator import Translator
from support import activations
from support.activation_view import BOUNDARY_MS, ENTITLEMENT, NOW_MS, PERIOD_END_MS, make_view

BERLIN = timezone(timedelta(hours=1))
HINTS = [value for name, value in vars(hints).items() if name.isupper()]
INACTIVE_REASONS = [
    "canceled",
    "unpaid",
    "past_due",
    "refunded",
    "disputed",
    "paused",
    "incomplete",
    "incomplete_expired",
    "not_paid",
    "other_product",
    "device_removed",
    "device_limit",
    "a_status_of_next_year",
]
UNTRUSTED_REASONS = [
    "wrong_device",
    "copied",
    "unknown_key",
    "wrong_product",
    "bad_signature",
    "malformed",
]
ONCE = activations.entitlement(current_period_end=None)
ENDING = msgspec.structs.replace(ENTITLEMENT, cancel_at_period_end=True)
BLANK: dict[str, Any] = {
    "usable": False,
    "until": None,
    "entitlement": None,
    "current_period_end": None,
    "grace_ends_at": None,
    "last_refresh_at": None,
    "next_refresh_at": None,
}


def checkout(kind: str) -> Checkout:
    return Checkout(
        kind=kind,
        session_id="cs_1",
        url="https://pay.example/cs_1" if kind == "checkout" else None,
        started_at=NOW_MS,
        expires_at=NOW_MS + DAY_MS,
    )


def views() -> dict[str, ActivationView]:
    """One view for everything that can be the matter."""
    grace = {"state": State.GRACE, "now": PERIOD_END_MS + HOUR_MS}
    found = {
        "unactivated": make_view(state=State.UNACTIVATED, reason="no_license", **BLANK),
        "checkout": make_view(
            state=State.PENDING, reason="checkout_open", checkout=checkout("checkout"), **BLANK
        ),
        "restore": make_view(
            state=State.PENDING, reason="checkout_open", checkout=checkout("restore"), **BLANK
        ),
        "settling": make_view(
            state=State.PENDING, reason="settling", current_period_end=None, until=NOW_MS + DAY_MS
        ),
        "active": make_view(),
        "trial": make_view(reason="trialing"),
        "once": activations.bought_once(),
        "once, out of reach": activations.unchecked(),
        "once, ended": msgspec.structs.replace(
            activations.expired(), entitlement=ONCE, current_period_end=None
        ),
        "once, taken back": activations.inactive(entitlement=ONCE),
        "ending": make_view(entitlement=ENDING, until=PERIOD_END_MS),
        "grace": make_view(reason="period_over", **grace),
        "past due": make_view(reason="past_due", **grace),
        "grace without a period": make_view(
            reason="paused", entitlement=ONCE, current_period_end=None, **grace
        ),
        "expired": make_view(
            state=State.EXPIRED,
            reason="boundary_passed",
            usable=False,
            until=None,
            now=BOUNDARY_MS + 1,
        ),
        "expired as asked": make_view(
            state=State.EXPIRED,
            reason="boundary_passed",
            entitlement=ENDING,
            usable=False,
            until=None,
            now=BOUNDARY_MS + 1,
        ),
        "expired, nothing known": make_view(state=State.EXPIRED, reason="boundary_passed", **BLANK),
    }
    for reason in INACTIVE_REASONS:
        found[reason] = make_view(state=State.INACTIVE, reason=reason, **BLANK)
    for reason in UNTRUSTED_REASONS:
        found[reason] = make_view(state=State.UNTRUSTED, reason=reason, **BLANK)
    return found


VIEWS = views()


def all_words(shown: ActivationText) -> list[str]:
    facts = [text for fact in shown.facts for text in (fact.label, fact.value)]
    actions = [action.label for action in shown.actions]
    lines = [shown.headline, shown.left, shown.next_step, *facts, *shown.hints, *actions]
    return [line for line in lines if line is not None]


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("hint", [None, *HINTS])
def test_messages_contain_no_word_of_the_wire_format(name: str, hint: str | None) -> None:
    view = msgspec.structs.replace(VIEWS[name], hints=(hint,) if hint else ())
    shown = show(view, zone=BERLIN)
    for line in all_words(shown):
        assert line.strip() == line != ""
        assert not re.search(r"[a-z]_[a-z]|[{}]|\b[45]\d\d\b|error|None", line), line
    assert shown.headline.endswith(".")


@pytest.mark.parametrize("name", VIEWS)
def test_tone_follows_what_is_allowed(name: str) -> None:
    view, shown = VIEWS[name], show(VIEWS[name], zone=BERLIN)
    if name == "once, out of reach":
        assert shown.tone == presentation.ATTENTION
    elif view.state == State.ACTIVE:
        assert shown.tone == presentation.OK
    elif view.state == State.PENDING or view.reason == "payment_not_confirmed":
        assert shown.tone == presentation.WAIT
    else:
        assert (shown.tone == presentation.ATTENTION) == view.usable
        assert (shown.tone == presentation.BLOCKED) == (not view.usable)


@pytest.mark.parametrize("name", VIEWS)
def test_unusable_states_have_a_next_step(name: str) -> None:
    view, shown = VIEWS[name], show(VIEWS[name], zone=BERLIN)
    assert shown.actions
    if view.state != State.ACTIVE:
        assert shown.next_step


def test_a_one_time_purchase_mentions_no_renewal_or_subscription() -> None:
    for name in ("once", "once, out of reach", "once, ended", "once, taken back"):
        told = " ".join(all_words(show(VIEWS[name], zone=BERLIN)))
        assert not re.search(r"[Nn]ext renewal|[Ss]ubscri|offline until", told), told


def test_a_one_time_purchase_says_when_it_must_be_checked() -> None:
    shown = show(VIEWS["once"], zone=BERLIN)
    facts = {fact.label: fact.value for fact in shown.facts}
    assert shown.headline == "Active. Everything works."
    assert facts["Paid"] == "Once; nothing is renewed"
    assert facts["To be checked again by"] == "2026-11-24 10:30"
    near = show(VIEWS["once, out of reach"], zone=BERLIN)
    assert near.headline == "Active. It has to be checked again by 2026-11-21 15:30."
    assert near.left == "Less than a day is left: 5 hours."
    ended = show(VIEWS["once, ended"], zone=BERLIN)
    assert ended.next_step == "Connect to the internet. This device then activates automatically."


@pytest.mark.parametrize(
    "view",
    [
        activations.unchecked(remaining_ms=DAY_MS + 1),
        activations.unchecked(hints=()),
        activations.active(until=NOW_MS + HOUR_MS, hints=("backend_unreachable",)),
    ],
)
def test_an_unneeded_check_is_not_mentioned(view: ActivationView) -> None:
    assert show(view, zone=BERLIN).headline == "Active. Everything works."


@pytest.mark.parametrize("hint", HINTS)
def test_every_hint_has_a_sentence(hint: str) -> None:
    (sentence,) = show(make_view(hints=(hint,)), zone=BERLIN).hints
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("invalid_token", "no longer accepts this device. Restore your purchase"),
        # A code of a newer billing service.
        ("moon_phase", "The billing service refused this. Try again later, or ask"),
    ],
)
def test_a_refused_refresh_says_why_and_what_to_do(code: str, sentence: str) -> None:
    view = make_view(hints=("refresh_refused",), last_error=code)
    (hint,) = show(view, zone=BERLIN).hints
    assert hint.startswith("The last refresh was refused. The billing service")
    assert sentence in hint


def test_an_unknown_hint_is_ignored() -> None:
    assert show(make_view(hints=("moon_phase",)), zone=BERLIN).hints == ()


def test_hints_do_not_repeat_the_headline() -> None:
    past_due = make_view(state=State.GRACE, reason="past_due", hints=("payment_failed",))
    assert show(past_due, zone=BERLIN).hints == ()
    ending = make_view(entitlement=ENDING, hints=("cancel_at_period_end",))
    assert show(ending, zone=BERLIN).hints == ()


@pytest.mark.parametrize(
    ("remaining_ms", "said"),
    [
        (2 * DAY_MS, None),
        (DAY_MS, None),
        (DAY_MS - 1, "Less than a day is left: 23 hours 59 minutes."),
        (HOUR_MS, "Less than a day is left: 1 hour."),
        (59 * MINUTE_MS, "Less than an hour is left: 59 minutes."),
        (1, "Less than an hour is left: less than a minute."),
    ],
)
def test_the_last_day_in_grace_shows_the_time_left(remaining_ms: int, said: str | None) -> None:
    view = make_view(state=State.GRACE, reason="period_over", now=BOUNDARY_MS - remaining_ms)
    assert show(view, zone=BERLIN).left == said


def test_the_end_is_shown_to_the_minute_in_the_given_zone() -> None:
    view = make_view(state=State.GRACE, reason="past_due")
    here, there = show(view, zone=BERLIN), show(view, zone=timezone(timedelta(hours=-8)))
    assert "You can go on until 2026-12-11 12:06." in here.headline
    assert "You can go on until 2026-12-11 03:06." in there.headline


def test_a_known_error_has_our_message() -> None:
    told = error_text(KeysteadError("raw", code="device_limit", remedy="raw"))
    assert told.sentence == "Your subscription is in use on as many devices as it allows."
    assert told.remedy == "Remove a device that you no longer use, then try again."


def test_an_error_message_contains_its_values() -> None:
    error = StorageFailed("raw", values={"file": "vault", "why": "no \x1b[31mroom"})
    assert error_text(error).sentence == "vault could not be saved: no \ufffd[31mroom."


def test_the_more_specific_code_chooses_the_message() -> None:
    error = DaemonRefused("raw", code="backend_unreachable", cause="proxy_failed")
    assert error_text(error).sentence == "Can't connect through the proxy."


@pytest.mark.parametrize(
    "error",
    [
        KeysteadError("It says why.", code="brand_new", remedy="Do this."),
        # A value that our words need, and that did not come.
        KeysteadError("It says why.", code="storage_failed", remedy="Do this."),
    ],
)
def test_an_unknown_error_keeps_its_own_text(error: KeysteadError) -> None:
    assert error_text(error) == ("It says why.", "Do this.")


def test_support_of_the_vendor_is_named() -> None:
    shown = show(VIEWS["bad_signature"], zone=BERLIN, support="help@vendor.example")
    assert "help@vendor.example" in (shown.next_step or "")


def test_another_language_needs_another_table_only() -> None:
    shouting = Translator(
        {
            name: text.upper() if isinstance(text, str) and "{" not in text else text
            for name, text in MESSAGES.items()
        }
    )
    assert show(make_view(), zone=BERLIN, tr=shouting).headline == "ACTIVE. EVERYTHING WORKS."


@given(
    state=st.sampled_from(State),
    reason=st.text(max_size=20),
    usable=st.booleans(),
    instants=st.lists(st.none() | st.integers(0, 253_402_214_400_000), min_size=5, max_size=5),
    now=st.integers(0, 253_402_214_400_000),
    hinted=st.lists(st.text(max_size=20), max_size=3),
    paid=st.sampled_from([None, ENTITLEMENT, ENDING]),
)
def test_any_view_can_be_shown(
    *,
    state: State,
    reason: str,
    usable: bool,
    instants: list[int | None],
    now: int,
    hinted: list[str],
    paid: Any,
) -> None:
    until, period, boundary, last, following = instants
    view = make_view(
        state=state,
        reason=reason,
        usable=usable,
        until=until,
        current_period_end=period,
        grace_ends_at=boundary,
        last_refresh_at=last,
        next_refresh_at=following,
        now=now,
        hints=tuple(hinted),
        entitlement=paid,
    )
    assert show(view, zone=BERLIN).headline


def offered(view: ActivationView) -> list[str]:
    return [action.name for action in show(view, zone=BERLIN).actions]


@pytest.mark.parametrize(
    "view",
    [
        activations.past_due(),
        activations.expired(hints=(hints.PAYMENT_FAILED,)),
        *(activations.inactive(reason) for reason in ("unpaid", "past_due", "incomplete")),
    ],
)
def test_an_open_invoice_is_paid_and_no_second_subscription_is_offered(
    view: ActivationView,
) -> None:
    assert offered(view) == [presentation.PAY, presentation.PORTAL, presentation.REFRESH]
    able = msgspec.structs.replace(view.capabilities, invoices=False)
    without = msgspec.structs.replace(view, capabilities=able)
    assert offered(without) == [presentation.PORTAL, presentation.REFRESH]


@pytest.mark.parametrize("view", [activations.expired(), VIEWS["once, ended"]])
def test_nothing_is_sold_to_a_device_that_only_was_away(view: ActivationView) -> None:
    assert presentation.ACTIVATE not in offered(view)
    assert presentation.RESTORE in offered(view)


def test_a_removed_device_is_led_to_restoring_before_buying() -> None:
    names = offered(activations.inactive("device_removed"))
    assert names[0] == presentation.RESTORE
    assert names[-1] == presentation.ACTIVATE


@pytest.mark.parametrize("reason", ["refunded", "disputed", "other_product", "not_paid"])
def test_the_reason_is_shown_instead_of_a_cancellation(reason: str) -> None:
    shown = show(activations.inactive(reason), zone=BERLIN)
    assert shown.headline == MESSAGES[f"inactive.{reason}"]
    assert "cancel" not in shown.headline


def test_a_bank_payment_is_waited_for_and_not_sold_again() -> None:
    view = activations.unconfirmed()
    assert show(view, zone=BERLIN).tone == presentation.WAIT
    assert offered(view) == [presentation.REFRESH]


def test_a_purchase_is_restored_by_mail_or_by_signing_in() -> None:
    view = activations.unactivated()
    for restore, sign_in, restrict_plans in (
        (True, True, presentation.RESTORE),
        (False, True, presentation.JOIN),
        (False, False, None),
    ):
        able = msgspec.structs.replace(view.capabilities, restore=restore, sign_in=sign_in)
        shown = show(msgspec.structs.replace(view, capabilities=able), zone=BERLIN)
        names = {action.name for action in shown.actions}
        assert names & {presentation.RESTORE, presentation.JOIN} == {restrict_plans} - {None}


def test_joining_an_account_is_waited_for_like_a_payment() -> None:
    joining = msgspec.structs.replace(activations.CHECKOUT, kind="account", url=None)
    shown = show(activations.pending(joining), zone=BERLIN)
    assert shown.headline == MESSAGES["pending.account"]
    assert [action.name for action in shown.actions] == [
        presentation.REFRESH,
        presentation.CANCEL_CHECKOUT,
    ]
