"""Restrict plans to the options that the billing service has. Pure."""

from __future__ import annotations

import msgspec

from keystead.capabilities import Capabilities
from keystead.wire.nyra import Plan, PlansAnswer


def restrict_plans(answer: PlansAnswer, able: Capabilities) -> PlansAnswer:
    """Return the plans without the options that the billing service would reject."""
    return PlansAnswer(plans=tuple(_restrict(plan, able) for plan in answer.plans))


def _restrict(plan: Plan, able: Capabilities) -> Plan:
    return msgspec.structs.replace(
        plan,
        prices=plan.prices if able.periods else plan.prices[:1],
        min_seats=plan.min_seats if able.seats else 1,
        max_seats=plan.max_seats if able.seats else 1,
        modules=plan.modules if able.modules else {},
    )
