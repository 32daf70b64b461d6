"""Short links to payment pages. They need no sign-in: whoever has one can pay."""

from __future__ import annotations

from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants.payment_links import SHORT
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages.rendering import message, page_routes
from keystead_stub.store import payment_links

routes = page_routes()


@routes.get(SHORT + "/{code:str}")
def get_short_link(services: Injected, code: FromPath[str]) -> Response[str] | Redirect:
    with services.store.read() as connection:
        link = payment_links.find_by_code(connection, code)
    if link is None:
        raise ProblemError("This link is unknown or incomplete.", code="not_found")
    # 410 tells mail scanners and browsers that the link is gone for good (RFC 9110 §15.5.11).
    if link.voided_at is not None:
        return message(
            "This link is no longer valid",
            "Whoever sent it has taken it back. There is nothing to pay.",
            status=410,
            simulated=services.simulated,
        )
    return Redirect(link.url, status_code=302)
