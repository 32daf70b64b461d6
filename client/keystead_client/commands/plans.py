"""``keystead plans``: list the plans that can be bought."""

from __future__ import annotations

from argparse import Namespace

from keystead.capabilities import Capabilities
from keystead.wire.nyra import Plan, PlansAnswer, Price
from keystead_client import exit_codes, formats
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S
from keystead_client.display_names import display_name
from keystead_client.json_members import members_of
from keystead_client.output import Output
from keystead_client.plan_options import restrict_plans
from keystead_client.required_capabilities import require_capabilities
from keystead_client.terminal_messages import message_or, tr


def list_plans(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        able = require_capabilities(client)
        answer: PlansAnswer = client.call("plans.list", timeout_s=NETWORK_S)
    out.object(members_of(answer))
    columns = _columns(able)
    rows = [
        [_cell(column, plan, price, able) for column in columns]
        for plan in restrict_plans(answer, able).plans
        for price in plan.prices
    ]
    out.table(_headings(columns), rows)
    return exit_codes.USABLE


def _columns(able: Capabilities) -> tuple[str, ...]:
    chosen = {"period": able.periods, "modules": able.modules, "seats": able.seats}
    return ("plan", "name", "price", *(one for one, has in chosen.items() if has), "features")


def _cell(column: str, plan: Plan, price: Price, able: Capabilities) -> str:
    match column:
        case "plan":
            return plan.plan
        case "name":
            return plan.name
        case "price":
            return _price(plan, price, able)
        case "period":
            return message_or(f"terminal.period.{price.billing_period}", price.billing_period)
        case "modules":
            # As --modules takes them.
            return ",".join(plan.modules)
        case "seats":
            return tr("terminal.from_to", least=plan.min_seats, most=plan.max_seats)
    return tr.language.listed([display_name(one) for one in plan.features])


def _price(plan: Plan, price: Price, able: Capabilities) -> str:
    amount = formats.money(price.amount, price.currency, tr)
    if plan.modules:
        return tr("terminal.per_module", price=amount)
    return tr("terminal.per_seat", price=amount) if able.seats else amount


def _headings(columns: tuple[str, ...]) -> list[str]:
    return [tr(f"terminal.{column}") for column in columns]
