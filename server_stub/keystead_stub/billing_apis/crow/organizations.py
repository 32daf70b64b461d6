"""Drafts of `crow` (billing builders): what an organisation selects, and what that buys."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.encoding import b64u_encode
from keystead.wire import crow as wire
from keystead_stub.billing.catalogue import MODULES, Interval, PlanPrice
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store.account_ids import Account
from keystead_stub.store.records import organizations
from keystead_stub.store.records.organizations import BuilderRow

API = "crow"
#: The checkout's metadata that holds the builder's id.
BUILDER_ID = "billingBuilderId"
_INTERVALS: dict[str, Interval] = {"monthly": "month", "annual": "year"}
_modules = msgspec.json.Decoder(wire.Modules)


def find_builder(services: Services, account: Account, builder_id: str) -> BuilderRow:
    """Find a billing builder of the organisation. Raises ProblemError (``not_found``)."""
    with services.store.read() as connection:
        row = organizations.find_builder(connection, account.account_id, builder_id)
    if row is None:
        raise unknown_builder()
    return row


def unknown_builder() -> ProblemError:
    return ProblemError("No such billing builder.", code="not_found")


def create_draft(services: Services, account: Account, **terms: Any) -> BuilderRow:
    """Create a draft for this organisation."""
    row = BuilderRow(
        id=f"bb_{b64u_encode(services.random(12))}",
        organization_id=account.account_id,
        created_at=services.stripe_now_ms(),
        **terms,
    )
    _check(row)
    with services.store.write() as connection:
        organizations.insert_builder(connection, row)
    return row


def change_builder(
    services: Services, account: Account, builder_id: str, changes: dict[str, Any]
) -> BuilderRow:
    """Change a draft. Raises ProblemError: ``not_found``, ``conflict`` if it is active."""
    row = find_builder(services, account, builder_id)
    changed = msgspec.structs.replace(row, **changes)
    _check(changed)
    with services.store.write() as connection:
        # The update itself requires a draft: a webhook may activate the builder after it was read.
        if changes and not organizations.update_draft(connection, builder_id, changes):
            raise _active()
    if row.status == "active":
        raise _active()
    return changed


def _check(row: BuilderRow) -> None:
    if row.pay_as_you_go and row.billing_period == "annual":
        raise ProblemError("Pay-as-you-go requires monthly billing.", code="invalid_request")


def _active() -> ProblemError:
    return ProblemError("This billing builder is active and can no longer change.", code="conflict")


def price_for(services: Services, plan_name: str, row: BuilderRow) -> PlanPrice:
    """Return the price per module; without a name it is the first plan's.

    Raises ProblemError (``invalid_request``).
    """
    plan = services.catalogue.plan_called(plan_name, API)
    terms = (_INTERVALS[row.billing_period], row.pay_as_you_go)
    prices = plan.prices if plan else ()
    price = next((one for one in prices if (one.interval, one.pay_as_you_go) == terms), None)
    if price is None:
        raise ProblemError("No such plan.", code="invalid_request")
    return price


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkout of a builder buys at Stripe: one seat for each module."""

    price_id: str
    seats: int
    metadata: dict[str, str]


def order_of(services: Services, account: Account, builder_id: str, plan: str) -> Order:
    """Return what a checkout of the builder buys.

    Raises ProblemError: ``not_found``, ``conflict`` for an active builder, ``invalid_request`` for
    no module or an unknown plan.
    """
    row = find_builder(services, account, builder_id)
    if row.status == "active":
        raise _active()
    switched = msgspec.structs.asdict(modules_of(row.modules))
    modules = [name for name in MODULES if switched[name]]
    if not modules:
        raise ProblemError("The billing builder has no modules.", code="invalid_request")
    return Order(
        price_id=price_for(services, plan, row).id,
        seats=len(modules),
        metadata={BUILDER_ID: row.id, "modules": ",".join(modules)},
    )


def modules_text(modules: wire.Modules) -> str:
    """Return the modules as a row holds them: a JSON object that names each of them."""
    return msgspec.json.encode(modules).decode()


def modules_of(text: str) -> wire.Modules:
    """Return the modules of a row."""
    return _modules.decode(text)
