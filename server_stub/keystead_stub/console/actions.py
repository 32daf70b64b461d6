"""The actions of the console's buttons. Each raises ProblemError if it isn't possible."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from keystead.instants import DAY_MS, SECOND_MS
from keystead_stub.console import fault_switches, views
from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.faults import Faults
from keystead_stub.services import NO_TRIAL, Trial
from keystead_stub.store import switches
from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.events import operations as event_operations
from keystead_stub.stripe_sim.resources.payouts import operations as payouts
from keystead_stub.stripe_types.requests import NewPortal

Fields = Mapping[str, str]
#: Returns the URL to redirect to, or null for the page that the button was on.
Action = Callable[[BillingSandbox, Fields], Awaitable[str | None]]
_DAY_S = DAY_MS // SECOND_MS

#: Actions on a customer, with their buttons' labels.
CUSTOMER_ACTIONS = {
    "fail_next_payment": "Fail the next payment",
    "refund": "Refund",
    "dispute": "Dispute",
    "win_dispute": "Win the dispute",
    "lose_dispute": "Lose the dispute",
    "cancel": "Cancel at period end",
    "cancel_now": "Cancel now",
    "pause": "Pause",
    "resume": "Resume",
    "delete": "Delete customer",
}

#: Trials that can be switched on, with their switches' labels.
TRIALS = {
    "card": ("14 days on trial", Trial(days=14)),
    "no_card": ("14 days on trial, no card", Trial(days=14, card_needed=False)),
}


async def _advance(sandbox: BillingSandbox, fields: Fields) -> None:
    match fields.get("by"):
        case "period":
            to_ms = _next_period(sandbox, fields.get("customer"))
            await sandbox.advance(seconds=None, to_ms=to_ms)
        case days if days is not None and days.isascii() and days.isdigit():
            # Five digits are centuries already; with more the date could leave Python's calendar.
            await sandbox.advance(seconds=int(days[:5]) * _DAY_S, to_ms=None)
        case _:
            raise ProblemError("Give a number of days.", code="invalid_request")


def _next_period(sandbox: BillingSandbox, customer_id: str | None) -> int:
    """Return the instant after the next period end of this customer, or of any customer."""
    now_ms = sandbox.stripe.now_ms()
    ends = [
        one.subscription.current_period_end_ms
        for one in views.people(sandbox)
        if one.subscription is not None and customer_id in {None, "", one.customer.id}
    ]
    later = [end for end in ends if end >= now_ms]
    if not later:
        raise ProblemError("No customer has a period that ends.", code="conflict")
    return min(later) + SECOND_MS


async def _set_faults(sandbox: BillingSandbox, fields: Fields) -> None:
    kind = fields.get("kind", "")
    switch = fault_switches.find(kind)
    if switch is None and kind != "none":
        raise ProblemError("No such switch.", code="invalid_request")
    # Delivered at once, because the press may have ended "Hold back".
    faults = fault_switches.press(switch, sandbox.faults) if switch else Faults()
    sandbox.set_faults(faults)
    await sandbox.deliver()


async def _customer_action(sandbox: BillingSandbox, fields: Fields) -> None:
    customer_id = fields.get("customer", "")
    controls = sandbox.stripe.holding("customer", customer_id)
    actions: dict[str, Callable[[], object]] = {
        "cancel": lambda: controls.run(customer_controls.cancel, customer_id),
        "cancel_now": lambda: controls.run(
            customer_controls.cancel, customer_id, at_period_end=False
        ),
        "resume": lambda: controls.run(customer_controls.resume, customer_id),
        "refund": lambda: controls.run(customer_controls.refund, customer_id),
        "dispute": lambda: controls.run(customer_controls.dispute, customer_id),
        "win_dispute": lambda: controls.run(customer_controls.close_dispute, customer_id, won=True),
        "lose_dispute": lambda: controls.run(
            customer_controls.close_dispute, customer_id, won=False
        ),
        "fail_next_payment": lambda: controls.run(customer_controls.fail_next_payment, customer_id),
        "pause": lambda: controls.run(customer_controls.pause, customer_id),
        "delete": lambda: controls.run(customer_deletion.delete, customer_id),
    }
    act = actions.get(fields.get("what", ""))
    if act is None:
        raise ProblemError("No such button.", code="invalid_request")
    act()
    await sandbox.deliver()


async def _portal(sandbox: BillingSandbox, fields: Fields) -> str:
    """Return the URL of the customer's portal."""
    request = NewPortal(customer_id=fields.get("customer", ""))
    controls = sandbox.stripe.holding("customer", request.customer_id)
    return (await controls.create_portal_session(request)).url


async def _redeliver(sandbox: BillingSandbox, fields: Fields) -> None:
    event_id = fields.get("event", "")
    sandbox.stripe.holding("event", event_id).run(event_operations.resend, event_id)
    await sandbox.deliver()


async def _fail_payout(sandbox: BillingSandbox, _fields: Fields) -> None:
    sandbox.stripe.run(payouts.fail_next)


async def _switch(sandbox: BillingSandbox, fields: Fields) -> None:
    services = sandbox.services
    on = fields.get("checkout") == "on"
    switches.set_on(services.store, switches.CHECKOUT, on=on, now_ms=services.stripe_now_ms())


async def _trial(sandbox: BillingSandbox, fields: Fields) -> None:
    # Any other name switches the trial off.
    _, trial = TRIALS.get(fields.get("trial", ""), ("", NO_TRIAL))
    sandbox.services.switches.trial = trial


async def _seed(sandbox: BillingSandbox, _fields: Fields) -> None:
    await sandbox.seed(3)


async def _reset(sandbox: BillingSandbox, _fields: Fields) -> None:
    await sandbox.reset()


ACTIONS: dict[str, Action] = {
    "advance": _advance,
    "faults": _set_faults,
    "happen": _customer_action,
    "portal": _portal,
    "redeliver": _redeliver,
    "fail_payout": _fail_payout,
    "switch": _switch,
    "trial": _trial,
    "seed": _seed,
    "reset": _reset,
}
