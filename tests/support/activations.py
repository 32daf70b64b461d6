"""Activations in each state as the daemon reports them, and its other results, at `NOW_MS`."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.activation import State
from keystead.checks import CHECK_SPECS
from keystead.entitlement import Entitlement
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, from_iso
from keystead.local_api import (
    ActivationView,
    Check,
    Checkout,
    DaemonInfo,
    Diagnostics,
    RequestFile,
    SignIn,
)
from keystead.wire.nyra import (
    ONCE,
    Device,
    DevicesAnswer,
    Invoice,
    InvoicesAnswer,
    PaymentMethod,
    Plan,
    PlansAnswer,
    Price,
)

NOW_MS = from_iso("2026-11-21T09:30:00Z")
PERIOD_MS = from_iso("2026-12-21T09:00:00Z")
DEVICE = "B" * 43
#: The request that an offline device shows.
REQUEST = RequestFile(
    request="header.payload.signature",
    link="http://127.0.0.1:8787/offline?request=" + "AbC-_9" * 32,
)
PAGE = "http://127.0.0.1:8787/checkout/cs_test_a1"

CHECKOUT = Checkout(
    kind="checkout",
    session_id="cs_test_a1",
    url=PAGE,
    started_at=NOW_MS - 67_000,
    expires_at=NOW_MS + DAY_MS,
)
SIGN_IN = SignIn(url="http://127.0.0.1:9/authorize?state=x", expires_at=NOW_MS + HOUR_MS)
RESTORE = Checkout(
    kind="restore",
    session_id="act_1",
    url=None,
    started_at=NOW_MS - 5_000,
    expires_at=NOW_MS + HOUR_MS,
)

_MONTHLY = Price(price_id="price_m", billing_period="monthly", amount=1200, currency="eur")
_YEARLY = Price(price_id="price_y", billing_period="yearly", amount=12000, currency="eur")
_SOLO = Price(price_id="price_s", billing_period="monthly", amount=500, currency="eur")

PLANS = PlansAnswer(
    plans=(
        Plan(
            plan="pro",
            name="Pro",
            features=("export", "sync"),
            prices=(_MONTHLY, _YEARLY),
            max_seats=50,
        ),
        Plan(plan="solo", name="Solo", features=("export",), prices=(_SOLO,)),
    )
)

#: One plan with a monthly and a one-time price, and one with a one-time price only.
ONCE_PLANS = PlansAnswer(
    plans=(
        Plan(
            plan="pro",
            name="Pro",
            features=("export", "sync"),
            prices=(
                _MONTHLY,
                Price(price_id="price_o", billing_period=ONCE, amount=39900, currency="eur"),
            ),
            max_seats=50,
        ),
        Plan(
            plan="solo",
            name="Solo",
            features=("export",),
            prices=(Price(price_id="price_l", billing_period=ONCE, amount=19900, currency="eur"),),
        ),
    )
)

DEVICES = DevicesAnswer(
    devices=(
        Device(
            device_id=DEVICE,
            name="Study",
            activated_at=NOW_MS - 90 * DAY_MS,
            last_checked_at=NOW_MS - 3 * MINUTE_MS,
            current=True,
        ),
        Device(
            device_id="C" * 43,
            name="Old laptop",
            activated_at=NOW_MS - 400 * DAY_MS,
            last_checked_at=NOW_MS - 60 * DAY_MS,
        ),
        Device(device_id="D" * 43, name=None, activated_at=NOW_MS, last_checked_at=None),
    ),
    device_limit=3,
)

_INVOICE: dict[str, Any] = {"currency": "eur", "period_end": PERIOD_MS, "amount_due": 1200}

INVOICES = InvoicesAnswer(
    invoices=(
        Invoice(
            id="in_3",
            number="NYRA-0003",
            status="open",
            amount_paid=0,
            created_at=NOW_MS - DAY_MS,
            hosted_url="http://127.0.0.1:8787/invoice/in_3",
            **_INVOICE,
        ),
        Invoice(
            id="in_2",
            number="NYRA-0002",
            status="paid",
            amount_paid=1200,
            created_at=NOW_MS - 31 * DAY_MS,
            hosted_url="http://127.0.0.1:8787/invoice/in_2",
            **_INVOICE,
        ),
        Invoice(
            id="in_1",
            number=None,
            status="a status of the future",
            amount_paid=0,
            created_at=NOW_MS - 62 * DAY_MS,
            hosted_url=None,
            **_INVOICE,
        ),
    ),
    payment_method=PaymentMethod(brand="visa", last4="4242"),
)

#: Results of checks that do not need the daemon.
NEAR = (
    Check(name="profile", ok=True, code="ok", values={"name": "NyrA", "product": "nyra"}),
    Check(name="files", ok=True, code="ok", values={"folder": "~/.local/state/nyra"}),
    Check(name="daemon", ok=True, code="ok", values={"version": "0.1.0", "pid": 4711}),
    Check(name="browser", ok=True, code="ok"),
)
#: Results for a server that accepts connections and never answers.
SILENT = (
    Check(name="keyring", ok=False, code="keyring_timeout"),
    Check(name="storage", ok=True, code="ok"),
    Check(name="clock", ok=True, code="ok"),
    Check(name="license", ok=True, code="grace"),
    Check(name="server", ok=False, code="timeout", values={"host": "billing.example"}),
    Check(name="tls", ok=True, code="untried"),
    Check(name="server_time", ok=True, code="untried"),
)

DIAGNOSTICS = Diagnostics(
    info=DaemonInfo(
        version="0.1.0",
        pid=1,
        product="nyra",
        product_name="NyrA",
        billing_api="nyra",
        backend_url="https://billing.example",
        started_at=NOW_MS,
    ),
    checks=(
        Check(name="keyring", ok=True, code="ok"),
        Check(name="storage", ok=True, code="ok"),
        Check(name="clock", ok=False, code="behind"),
        Check(name="license", ok=True, code="active"),
        Check(name="server", ok=True, code="ok", values={"host": "billing.example"}),
        Check(name="tls", ok=True, code="ok"),
        Check(name="server_time", ok=True, code="ok"),
    ),
    activation={"state": "active"},
    log=(),
)


def diagnostics(check: str | None = None) -> Diagnostics:
    """Return the result of one of the daemon's checks, or of all."""
    names = {name for spec in CHECK_SPECS if check in (None, spec.name) for name in spec.checks}
    checks = tuple(one for one in DIAGNOSTICS.checks if one.name in names)
    return msgspec.structs.replace(DIAGNOSTICS, checks=checks)


def entitlement(**changes: Any) -> Entitlement:
    """Return an entitlement to one seat of ``pro`` until `PERIOD_MS`."""
    usual: dict[str, Any] = {
        "key": "pro",
        "features": ("export", "sync"),
        "seats": 1,
        "modules": {},
        "price_id": "price_m",
        "current_period_end": PERIOD_MS,
        "cancel_at_period_end": False,
    }
    return Entitlement(**(usual | changes))


def view(state: State, reason: str, **changes: Any) -> ActivationView:
    """Return a plain activation; ``changes`` replace its fields."""
    usual: dict[str, Any] = {
        "product": "nyra",
        "usable": False,
        "until": None,
        "device_id": DEVICE,
        "entitlement": None,
        "current_period_end": None,
        "grace_ends_at": None,
        "last_refresh_at": NOW_MS - 3 * MINUTE_MS,
        "next_refresh_at": NOW_MS + 6 * HOUR_MS,
        "hints": (),
        "now": NOW_MS,
    }
    return ActivationView(state=state, reason=reason, **(usual | changes))


def unactivated(**changes: Any) -> ActivationView:
    nothing = {"device_id": None, "last_refresh_at": None, "next_refresh_at": None}
    return view(State.UNACTIVATED, "no_license", **(nothing | changes))


def pending(checkout: Checkout = CHECKOUT, **changes: Any) -> ActivationView:
    return view(State.PENDING, "checkout_open", checkout=checkout, last_refresh_at=None, **changes)


def settling(**changes: Any) -> ActivationView:
    paid = entitlement(current_period_end=None)
    limits = {"usable": True, "until": NOW_MS + DAY_MS, "grace_ends_at": NOW_MS + DAY_MS}
    return view(State.PENDING, "settling", entitlement=paid, **(limits | changes))


def unconfirmed(**changes: Any) -> ActivationView:
    """Return a device whose payment a bank has to confirm."""
    return view(State.PENDING, "payment_not_confirmed", **({"checkout": CHECKOUT} | changes))


def active(**changes: Any) -> ActivationView:
    limits = {
        "usable": True,
        "until": PERIOD_MS + 3 * DAY_MS,
        "entitlement": entitlement(),
        "current_period_end": PERIOD_MS,
        "grace_ends_at": PERIOD_MS + 3 * DAY_MS,
    }
    return view(State.ACTIVE, "active", **(limits | changes))


def bought_once(**changes: Any) -> ActivationView:
    """Return a one-time purchase: no period, and at most three days between two checks."""
    limits = {
        "entitlement": entitlement(current_period_end=None, price_id="price_once"),
        "current_period_end": None,
        "until": NOW_MS + 3 * DAY_MS,
        "grace_ends_at": NOW_MS + 3 * DAY_MS,
    }
    return active(**(limits | changes))


def unchecked(remaining_ms: int = 5 * HOUR_MS, **changes: Any) -> ActivationView:
    """Return an activation paid for once whose device has been offline since."""
    limits = {
        "until": NOW_MS + remaining_ms,
        "grace_ends_at": NOW_MS + remaining_ms,
        "last_refresh_at": NOW_MS + remaining_ms - 3 * DAY_MS,
        "hints": ("backend_unreachable",),
    }
    return bought_once(**(limits | changes))


def ending(**changes: Any) -> ActivationView:
    limits = {
        "entitlement": entitlement(cancel_at_period_end=True),
        "until": PERIOD_MS,
        "grace_ends_at": PERIOD_MS,
        "hints": ("cancel_at_period_end",),
    }
    return active(**(limits | changes))


def grace(
    remaining_ms: int = 2 * DAY_MS, reason: str = "period_over", **changes: Any
) -> ActivationView:
    """Return an activation whose paid period is over and whose renewal is unconfirmed."""
    limits = {
        "usable": True,
        "until": NOW_MS + remaining_ms,
        "entitlement": entitlement(current_period_end=NOW_MS - DAY_MS),
        "current_period_end": NOW_MS - DAY_MS,
        "grace_ends_at": NOW_MS + remaining_ms,
        "last_refresh_at": NOW_MS - DAY_MS - 5 * HOUR_MS,
        "hints": ("backend_unreachable",),
    }
    return view(State.GRACE, reason, **(limits | changes))


def past_due(remaining_ms: int = 20 * HOUR_MS, **changes: Any) -> ActivationView:
    """Return an activation whose renewal payment failed."""
    return grace(remaining_ms, "past_due", **({"hints": ("payment_failed",)} | changes))


def expired(**changes: Any) -> ActivationView:
    ended = {
        "entitlement": entitlement(current_period_end=NOW_MS - 5 * DAY_MS),
        "current_period_end": NOW_MS - 5 * DAY_MS,
        "grace_ends_at": NOW_MS - 2 * DAY_MS,
        "last_refresh_at": NOW_MS - 9 * DAY_MS,
        "hints": ("backend_unreachable",),
    }
    return view(State.EXPIRED, "boundary_passed", **(ended | changes))


def inactive(reason: str = "canceled", **changes: Any) -> ActivationView:
    return view(State.INACTIVE, reason, **changes)


def untrusted(reason: str = "bad_signature", **changes: Any) -> ActivationView:
    return view(State.UNTRUSTED, reason, **changes)
