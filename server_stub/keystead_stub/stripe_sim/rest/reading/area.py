"""What each area's module says that can be read, and how a list of it is narrowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

#: Reads one thing that has no id.
Reader = Callable[[SimulatedStripe, Parameters], Document]
#: Reads one object, or what belongs to it, by its id.
ReaderOf = Callable[[SimulatedStripe, str, Parameters], Document]
#: Reads a field that an object has only where it is asked for.
Included = Callable[[SimulatedStripe, Document], Any]


class Resource(msgspec.Struct, frozen=True):
    """A list of objects of one kind; `filters` are parameters and the fields that they compare."""

    kind: str
    filters: dict[str, str] = {}
    of_customer: bool = False
    of_payout: bool = False


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """Requests by what they ask for; `resources` are the lists that nothing is special about.

    `alone` is by the whole path of `GET /v1/<path>`, `one` by the path before an id, and `within`
    by the path and what is asked for of its object, as in `GET /v1/<path>/<id>/<what>`. `included`
    is by an object's kind and the field's name.
    """

    resources: Mapping[str, Resource] = {}
    alone: Mapping[str, Reader] = {}
    one: Mapping[str, ReaderOf] = {}
    within: Mapping[tuple[str, str], ReaderOf] = {}
    included: Mapping[str, Mapping[str, Included]] = {}
