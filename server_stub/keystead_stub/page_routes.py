"""The pages that people see: hosted checkout, portal, invoices, restore, and the console.

They work without JavaScript; every form carries a token and answers with a page of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from keystead_stub.billing_apis.pages import offline, restore, result_pages, short_links, sign_in
from keystead_stub.console import downloads, operator
from keystead_stub.console import routes as console
from keystead_stub.http.pages import rendering
from keystead_stub.stripe_sim.hosted import checkout, invoice, payment, portal, setup


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
        *result_pages.ROUTES,
        *restore.ROUTES,
        *offline.ROUTES,
        *sign_in.ROUTES,
        *console.ROUTES,
        *downloads.ROUTES,
        *operator.ROUTES,
    )
