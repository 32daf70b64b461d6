"""Rehearsing (contract §9): time, people, banks and bad days, on loopback and simulated only."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from keystead_stub.controls import (
    clock_and_events,
    connected_accounts,
    customers,
    mirror,
    notifications,
    offers_and_money,
    operator,
    sessions,
)


def routes() -> Sequence[ControllerRouterHandler]:
    """All controls; each refuses callers from elsewhere, all but an operator's a real Stripe."""
    return (
        *clock_and_events.ROUTES,
        *offers_and_money.ROUTES,
        *customers.ROUTES,
        *connected_accounts.ROUTES,
        *sessions.ROUTES,
        *mirror.ROUTES,
        *notifications.ROUTES,
        *operator.ROUTES,
    )
