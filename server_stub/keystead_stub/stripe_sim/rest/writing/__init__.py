"""What can be made and changed: each request's parameters read, and the account asked."""

from __future__ import annotations

from keystead_stub.stripe_sim.rest.writing import (
    checkouts,
    coupons,
    credit_notes,
    endpoints,
    goods,
    invoices,
    meters,
    money,
    payments,
    people,
    saving,
    subscriptions,
)
from keystead_stub.stripe_sim.rest.writing.area import Changer, Maker

_AREAS = (
    checkouts.AREA,
    coupons.AREA,
    credit_notes.AREA,
    endpoints.AREA,
    goods.AREA,
    invoices.AREA,
    meters.AREA,
    money.AREA,
    payments.AREA,
    people.AREA,
    saving.AREA,
    subscriptions.AREA,
)

CREATE: dict[str, Maker] = {path: do for area in _AREAS for path, do in area.create.items()}
UPDATE: dict[str, Changer] = {path: do for area in _AREAS for path, do in area.update.items()}
ACT: dict[tuple[str, str], Changer] = {k: do for area in _AREAS for k, do in area.act.items()}
DELETE: dict[str, Changer] = {path: do for area in _AREAS for path, do in area.delete.items()}
DROP: dict[tuple[str, str], Changer] = {k: do for area in _AREAS for k, do in area.drop.items()}
