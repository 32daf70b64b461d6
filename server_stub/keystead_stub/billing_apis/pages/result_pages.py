"""Pages to which Stripe's hosted pages return, with a simulated and with a real Stripe."""

from __future__ import annotations

from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter

from keystead.product_names import activated_link
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.http.pages.rendering import message, page_routes
from keystead_stub.services import Services
from keystead_stub.store import devices

SessionId = Annotated[str | None, QueryParameter(name="session_id", required=False)]


def success_page(
    services: Services, title: str, text: str, *, sign: str = "done", back: str | None = None
) -> Response[str]:
    """Return a page for a success, with a link back to the program.

    The link needs a click: browsers don't follow a redirect to another program without one.
    """
    link = (back or activated_link(services.product.id), f"Back to {services.product.name}")
    return message(title, text, sign=sign, link=link, simulated=services.simulated)


def expired_link_page(services: Services, remedy: str) -> Response[str]:
    """Return the page of a mailed link that is unknown or expired; `remedy` says how to go on."""
    return message(
        "This link is no longer good",
        f"It is older than an hour, or incomplete. {remedy}",
        status=404,
        simulated=services.simulated,
    )


def return_url_of(services: Services, session_id: str | None) -> str:
    """Return the URL at which the program that started this checkout waits."""
    with services.store.read() as connection:
        row = devices.find_checkout(connection, session_id or "")
    # Without a waiting program the link opens it by its own URL scheme.
    return (row and row.return_url) or activated_link(services.product.id)


routes = page_routes()


@routes.get("/checkout/success")
async def get_success(services: Injected, session_id: SessionId = None) -> Response[str]:
    return success_page(
        services,
        "Thank you. Your payment has arrived.",
        f"{services.product.name} activates by itself within a few seconds. "
        "You can close this page.",
        back=return_url_of(services, session_id),
    )


@routes.get("/checkout/cancelled")
async def get_cancelled(services: Injected, session_id: SessionId = None) -> Response[str]:
    return success_page(
        services,
        "Nothing was charged",
        "You left before paying. You can start again from the program at any time, "
        "and close this page.",
        sign="info",
        back=return_url_of(services, session_id),
    )


@routes.get("/portal/closed")
async def get_portal_closed(services: Injected) -> Response[str]:
    return success_page(
        services,
        "All set",
        "The program learns of your changes within moments. You can close this page.",
    )
