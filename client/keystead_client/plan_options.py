"""What of a backend's plans can be chosen, by what it says that it can do. Pure."""

from __future__ import annotations

import msgspec

from keystead.capabilities import Capabilities
from keystead.wire.nyra import Plan, PlansAnswer


def offered(answer: PlansAnswer, able: Capabilities) -> PlansAnswer:
    """The plans without the choices that the billing service would not hear of."""
    return PlansAnswer(plans=tuple(_offered(plan, able) for plan in answer.plans))


def _offered(plan: Plan, able: Capabilities) -> Plan:
    return msgspec.structs.replace(
        plan,
        prices=plan.prices if able.periods else plan.prices[:1],
        min_seats=plan.min_seats if able.seats else 1,
        max_seats=plan.max_seats if able.seats else 1,
        modules=plan.modules if able.modules else {},
    )
