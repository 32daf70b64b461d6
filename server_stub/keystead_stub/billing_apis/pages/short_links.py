"""Short links to payment pages. They need no sign-in: whoever has one can pay."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants.payment_links import SHORT
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages.rendering import message, on_problem
from keystead_stub.store import payment_links

_OPTIONS: dict[str, Any] = {
    "include_in_schema": False,
    "exception_handlers": {ProblemError: on_problem},
}


@get(SHORT + "/{code:str}", sync_to_thread=False, **_OPTIONS)
def get_short_link(services: Injected, code: FromPath[str]) -> Response[str] | Redirect:
    with services.store.read() as connection:
        link = payment_links.find_by_code(connection, code)
    if link is None:
        raise ProblemError("This link is unknown or incomplete.", code="not_found")
    if link.voided_at is not None:
        return message(
            "This link is no longer valid",
            "Whoever sent it has taken it back. There is nothing to pay.",
            status=410,
            simulated=services.simulated,
        )
    return Redirect(link.url, status_code=302)


ROUTES = (get_short_link,)
