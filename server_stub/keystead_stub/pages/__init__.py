"""The pages that people see: hosted checkout, portal, invoices, restore, and the console.

They work without JavaScript; every form carries a token and answers with a page of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from keystead_stub.pages import (
    checkout,
    console,
    downloads,
    invoice,
    offline,
    operating,
    payment,
    portal,
    rendering,
    restoring,
    setup,
    short_links,
    signing_in,
    small,
)


def routes() -> Sequence[ControllerRouterHandler]:
    """All pages; those of simulated Stripe refuse when Stripe is real."""
    return (
        *rendering.ROUTES,
        *checkout.ROUTES,
        *portal.ROUTES,
        *invoice.ROUTES,
        *payment.ROUTES,
        *setup.ROUTES,
        *short_links.ROUTES,
        *small.ROUTES,
        *restoring.ROUTES,
        *offline.ROUTES,
        *signing_in.ROUTES,
        *console.ROUTES,
        *downloads.ROUTES,
        *operating.ROUTES,
    )
