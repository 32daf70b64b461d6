"""Where people land when a page of Stripe's lets them go; served with a real Stripe too."""

from __future__ import annotations

from litestar import Response, get

from keystead_stub.injected import Injected
from keystead_stub.pages.rendering import ACTIVATED, message
from keystead_stub.run_files import PRODUCT_NAME
from keystead_stub.services import Services

BACK = (ACTIVATED, f"Back to {PRODUCT_NAME}")


def settled(services: Services, title: str, text: str, *, sign: str = "done") -> Response[str]:
    """A page that ends well, with the way back to the program: it is taken by a click alone."""
    return message(title, text, sign=sign, link=BACK, rehearsal=services.controls is not None)


@get("/checkout/success", include_in_schema=False)
async def get_success(services: Injected) -> Response[str]:
    return settled(
        services,
        "Thank you. Your payment has arrived.",
        f"{PRODUCT_NAME} activates by itself within a few seconds. You can close this page.",
    )


@get("/checkout/cancelled", include_in_schema=False)
async def get_cancelled(services: Injected) -> Response[str]:
    return settled(
        services,
        "Nothing was charged",
        "You left before paying. You can start again from the program at any time, "
        "and close this page.",
        sign="info",
    )


@get("/portal/closed", include_in_schema=False)
async def get_portal_closed(services: Injected) -> Response[str]:
    return settled(
        services,
        "All set",
        "The program learns of your changes within moments. You can close this page.",
    )


ROUTES = (get_success, get_cancelled, get_portal_closed)
