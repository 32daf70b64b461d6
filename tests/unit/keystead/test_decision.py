"""What a program is told: one value, and for people a sentence and a remedy."""

from __future__ import annotations

import pytest

from keystead.activation import REASONS, Activation, State
from keystead.decision import decision_of, refusal
from keystead.entitlement import Entitlement
from support.documents import make_license

PAID = make_license(
    entitlement=Entitlement(
        key="pro",
        features=("export",),
        seats=1,
        modules={"web": True, "cctv": False},
        price_id=None,
        current_period_end=None,
        cancel_at_period_end=False,
    )
)


def test_features_are_those_paid_for_and_the_modules_switched_on() -> None:
    decision = decision_of(Activation(State.ACTIVE, True, 5, "active"), PAID)
    assert decision.features == {"export", "web"}
    assert (decision.allows("web"), decision.allows("cctv")) == (True, False)
    assert (decision.until, decision.entitlement) == (5, PAID.entitlement)


def test_nothing_is_allowed_that_is_not_usable() -> None:
    decision = decision_of(Activation(State.EXPIRED, False, None, "boundary_passed"), PAID)
    assert decision.features == {"export", "web"}
    assert not decision.allows("export")


def test_a_decision_never_changes() -> None:
    decision = decision_of(Activation(State.UNACTIVATED, False, None, "no_license"), None)
    assert decision.features == frozenset()
    with pytest.raises(AttributeError):
        decision.usable = True  # type: ignore[misc]


def test_what_is_allowed_is_not_refused() -> None:
    decision = decision_of(Activation(State.GRACE, True, 5, "past_due"), PAID)
    assert refusal(decision, None, "Acme") is None
    assert refusal(decision, "export", "Acme") is None


def test_a_missing_feature_has_its_own_code() -> None:
    decision = decision_of(Activation(State.ACTIVE, True, 5, "active"), PAID)
    refused = refusal(decision, "teleport", "Acme")
    assert refused is not None
    assert (refused.code, refused.sentence) == (
        "feature_not_included",
        "Your plan doesn't include “teleport”.",
    )
    assert refused.remedy == "Change to a plan that includes it."
    assert refused.values == {"reason": "active", "feature": "teleport"}


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_sentence_and_a_remedy(state: State) -> None:
    refused = refusal(
        decision_of(Activation(state, False, None, "a_reason_of_a_newer_backend"), None),
        None,
        "Acme",
    )
    assert refused is not None
    assert refused.code == state
    for text in (refused.sentence, refused.remedy):
        assert text
        assert text.endswith(".")
        assert "{" not in text


@pytest.mark.parametrize(
    "reason",
    sorted(REASONS | {"canceled", "past_due", "unpaid", "paused", "device_removed", "copied"}),
)
def test_a_known_reason_says_more_than_the_state(reason: str) -> None:
    plain = refusal(decision_of(Activation(State.INACTIVE, False, None, "?"), None), None, "Acme")
    refused = refusal(
        decision_of(Activation(State.INACTIVE, False, None, reason), None), None, "Acme {x}"
    )
    assert plain is not None
    assert refused is not None
    assert refused.sentence != plain.sentence
    assert refused.remedy
    assert refused.values == {"reason": reason}
