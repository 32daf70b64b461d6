"""Where people land when a page of Stripe's lets them go; served with a real Stripe too."""

from __future__ import annotations

from litestar import Response, get

from keystead_stub.pages.rendering import page

ACTIVATED = "keystead://activated"


@get("/checkout/success", include_in_schema=False)
async def get_success() -> Response[str]:
    return page(
        "message",
        title="Thank you. Your payment has arrived.",
        text="The program activates by itself within a few seconds. You can close this tab.",
        link=(ACTIVATED, "Back to the program"),
    )


@get("/checkout/cancelled", include_in_schema=False)
async def get_cancelled() -> Response[str]:
    return page(
        "message",
        title="Nothing was charged",
        text="You left before paying. You can start again from the program at any time.",
        link=(ACTIVATED, "Back to the program"),
    )


@get("/portal/closed", include_in_schema=False)
async def get_portal_closed() -> Response[str]:
    return page(
        "message",
        title="All set",
        text="What you changed is known to the program within moments. You can close this tab.",
        link=(ACTIVATED, "Back to the program"),
    )


ROUTES = (get_success, get_cancelled, get_portal_closed)
