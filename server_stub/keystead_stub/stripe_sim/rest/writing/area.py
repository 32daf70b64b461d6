"""What each area's module says that it can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from keystead.instants import to_ms
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

Maker = Callable[[SimulatedStripe, Parameters, str | None], Awaitable[Document]]
Changer = Callable[[SimulatedStripe, str, Parameters], Document]


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """Requests by what they ask for.

    `create` is by the path of `POST /v1/<path>`; `update` and `delete` by the path before an id;
    `act` by the path and what is done, as in `POST /v1/<path>/<id>/<what>`,
    and `drop` likewise with DELETE.
    """

    create: Mapping[str, Maker] = {}
    update: Mapping[str, Changer] = {}
    act: Mapping[tuple[str, str], Changer] = {}
    delete: Mapping[str, Changer] = {}
    drop: Mapping[tuple[str, str], Changer] = {}


def ms_of(seconds: int | None) -> int | None:
    return None if seconds is None else to_ms(seconds)
