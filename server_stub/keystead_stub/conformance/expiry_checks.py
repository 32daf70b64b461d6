"""Rules about when licenses and tokens expire: each row of the specification's table."""

from __future__ import annotations

from keystead.entitlement import Entitlement, OfflineGrace
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import Answer, NotChecked, RuleFailed
from keystead_stub.conformance.run_state import Run, claims_in, shaped

_ONE_DAY = "24 hours"


def expiry_renewing(run: Run) -> None:
    body = _active(run.cite(run.activated().answer))
    _require_boundary(body, _period_end(body), body[1].seconds)


def expiry_cancelling(run: Run) -> None:
    paid = run.activated()
    run.controls.customer(paid.customer_id, "cancel", atPeriodEnd=True)
    try:
        answer = run.until(
            paid.device,
            lambda found: bool((found.get("entitlement") or {}).get("cancelAtPeriodEnd")),
        )
    finally:
        run.controls.customer(paid.customer_id, "resume")
    body = _active(answer)
    if not body[0].cancel_at_period_end:
        raise RuleFailed("canceled at the period's end, and cancelAtPeriodEnd is false")
    _require_boundary(body, _period_end(body), 0)


def expiry_past_due(run: Run) -> None:
    paid = run.activated()
    ends_ms = _period_end(_active(run.ask(paid.device)))
    run.time_machine.customer(paid.customer_id, "fail_next_payment")
    run.advance_to(ends_ms + 2 * HOUR_MS)
    answer = run.until(paid.device, lambda found: found.get("status") == "past_due")
    body = _active(answer)
    if answer.members["status"] != "past_due":
        raise RuleFailed(f"a renewal failed, and the status is {answer.members['status']!r}")
    _require_boundary(body, ends_ms, body[1].seconds)


def expiry_settling(run: Run) -> None:
    with run.controls.webhooks(holdWebhooks=True):
        bought = run.buy()
        answer = run.ask(bought.device, checkout=bought.session_id)
    body = shaped(answer, wire.LicenseStatus)
    if body.status != "settling":
        raise NotChecked(f"without webhooks the status is {body.status!r} at once")
    entitlement, grace = _active(answer)
    if entitlement.current_period_end is not None:
        raise RuleFailed("currentPeriodEnd is set while settling")
    if not 0 < grace.ends_at - body.server_time <= DAY_MS:
        raise RuleFailed(f"the license ends more than {_ONE_DAY} from now")


def expiry_unconfirmed(run: Run) -> None:
    bought = run.buy(card="sepa_debit")
    answer = run.until(
        bought.device,
        lambda found: found.get("status") != wire.CHECKOUT_OPEN,
        checkout=bought.session_id,
    )
    body = shaped(answer, wire.LicenseStatus)
    if body.status == "trialing":
        raise NotChecked("the plan begins with a trial: nothing is to be paid yet")
    if body.active or body.status != "settling":
        raise RuleFailed(f"the bank has not confirmed, and the status is {body.status!r}")
    if claims_in(answer).get("reason") != "payment_not_confirmed":
        raise RuleFailed(f"the signed reason is {claims_in(answer).get('reason')!r}")


def expiry_not_entitled(run: Run) -> None:
    paid = run.bought()
    run.controls.customer(paid.customer_id, "cancel", atPeriodEnd=False)
    answer = run.until(paid.device, lambda found: found.get("active") is False)
    body = _refusal(answer)
    grace = body.offline_grace
    if grace is None or abs(grace.ends_at - body.server_time - DAY_MS) > MINUTE_MS:
        raise RuleFailed(f"the refusal is not valid for {_ONE_DAY}")


def expiry_refunded(run: Run) -> None:
    paid = run.bought()
    run.controls.customer(paid.customer_id, "refund")
    answer = run.until(paid.device, lambda found: found.get("active") is False)
    _refusal(answer)
    if claims_in(answer).get("reason") != "refunded":
        raise RuleFailed(f"the signed reason is {claims_in(answer).get('reason')!r}")


def _active(answer: Answer) -> tuple[Entitlement, OfflineGrace]:
    body = shaped(answer, wire.LicenseStatus)
    if not body.active or body.entitlement is None or body.offline_grace is None:
        raise RuleFailed(f"the status is {body.status!r}, and should be an active one")
    return body.entitlement, body.offline_grace


def _refusal(answer: Answer) -> wire.LicenseStatus:
    body = shaped(answer, wire.LicenseStatus)
    if body.active:
        raise RuleFailed(f"the status is {body.status!r}, active")
    if body.license is None:
        raise RuleFailed("active: false is not signed")
    return body


def _period_end(body: tuple[Entitlement, OfflineGrace]) -> int:
    ends_ms = body[0].current_period_end
    if ends_ms is None:
        raise NotChecked("currentPeriodEnd is null")
    return ends_ms


def _require_boundary(
    body: tuple[Entitlement, OfflineGrace], period_end_ms: int, grace_s: int
) -> None:
    expected = period_end_ms + grace_s * SECOND_MS
    # Boundaries may be rounded down to whole seconds.
    if not expected - SECOND_MS < body[1].ends_at <= expected:
        raise RuleFailed(f"offlineGrace.endsAt is {body[1].ends_at} and should be {expected}")


CHECKS = {
    "expiry-renewing": expiry_renewing,
    "expiry-cancelling": expiry_cancelling,
    "expiry-settling": expiry_settling,
    "expiry-unconfirmed": expiry_unconfirmed,
    "expiry-not-entitled": expiry_not_entitled,
    "expiry-refunded": expiry_refunded,
}
LAST_CHECKS = {"expiry-past-due": expiry_past_due}
