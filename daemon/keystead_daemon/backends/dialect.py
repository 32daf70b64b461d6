"""The interface of a billing API's module, and the lookup by the name in the profile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Protocol, cast

import msgspec

from keystead.wire.nyra import CheckoutAnswer, InvoicesAnswer, PlansAnswer, PortalAnswer
from keystead_daemon.backends.calls import Ask


class CheckoutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout for this device; ``account`` is the signed-in account, if any."""

    device_id: str
    device_public_key: str
    device_name: str
    plan: str | None = None
    billing_period: str | None = None
    seats: int | None = None
    modules: tuple[str, ...] = ()
    email: str | None = None
    locale: str | None = None
    return_url: str | None = None
    account: str | None = None


class Dialect(Protocol):
    """A billing API's module. It returns the native API's types, so that all are shown alike."""

    async def plans(self, ask: Ask) -> PlansAnswer: ...

    async def checkout(self, ask: Ask, request: CheckoutRequest) -> CheckoutAnswer: ...

    async def portal(
        self, ask: Ask, *, return_url: str | None, flow: str | None
    ) -> PortalAnswer: ...

    async def invoices(self, ask: Ask) -> InvoicesAnswer: ...


async def first_plan(ask: Ask, plans: Callable[[Ask], Awaitable[PlansAnswer]]) -> str:
    """Return the plan to buy where none is named: the first one on sale.

    For billing APIs whose checkouts require a plan. Without any on sale the text is empty, which
    they refuse.
    """
    return next((plan.plan for plan in (await plans(ask)).plans), "")


def dialect_of(billing_api: str) -> Dialect:
    """Return the module of a billing API, by its name in the profile."""
    name = billing_api.replace("-", "_")
    return cast(Dialect, import_module(f"keystead_daemon.backends.{name}"))
