"""Rehearsing (contract §9): time, people, banks and bad days, on loopback and simulated only."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from keystead_stub.controls import (
    connected,
    customers,
    mirror,
    notifications,
    operating,
    selling,
    sessions,
    world,
)


def routes() -> Sequence[ControllerRouterHandler]:
    """All controls; each refuses callers from elsewhere, all but an operator's a real Stripe."""
    return (
        *world.ROUTES,
        *selling.ROUTES,
        *customers.ROUTES,
        *connected.ROUTES,
        *sessions.ROUTES,
        *mirror.ROUTES,
        *notifications.ROUTES,
        *operating.ROUTES,
    )
