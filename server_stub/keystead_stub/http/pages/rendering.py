"""Rendering of templates to HTML that no other site can frame or inject into."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import Request, Response
from litestar.datastructures import State
from litestar.types import Guard

from keystead.product_names import activated_link
from keystead_stub.http.access_log import note_refusal
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import formatting
from keystead_stub.http.product import current_product
from keystead_stub.http.public_prefix import current_prefix
from keystead_stub.http.requests import exposure_of

AnyRequest = Request[Any, Any, State]
#: Where the console's sign-in form is sent.
CONTROL_SIGN_IN = "/_stub/control-token"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("keystead_stub.http.pages"),
        autoescape=select_autoescape(),
        # A misspelt name raises instead of leaving a gap in the page.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(formatting.FILTERS)
    environment.globals.update(
        home=None,
        # Links of templates are paths; a proxy may publish them below one of its own.
        root=current_prefix,
    )
    return environment


def page(
    name: str,
    *,
    status: int = 200,
    goes_to: str | None = None,
    live: bool = False,
    simulated: bool = True,
    **values: Any,
) -> Response[str]:
    """Render a template.

    `goes_to` is another site to which its form may redirect. A `live` page loads our script.
    Without `simulated` it has no note that the payment is a simulation.
    """
    template = _environment().get_template(f"{name}.html")
    sold = current_product.get()
    named = {
        "product": sold.name,
        "support_email": sold.support_email,
        "back": activated_link(sold.id),
    }
    html = template.render(named | {"live": live, "simulated": simulated} | values)
    return Response(
        html,
        status_code=status,
        media_type="text/html",
        headers={
            "Content-Security-Policy": _policy(goes_to, live=live),
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            # Keep what a person typed or owes out of a shared machine's cache.
            "Cache-Control": "no-store",
        },
    )


def _policy(goes_to: str | None, *, live: bool) -> str:
    forms = "'self'"
    if goes_to is not None:
        parts = urlsplit(goes_to)
        # Browsers apply `form-action` to the redirects after a form as well.
        forms += f" {parts.scheme}:" if not parts.netloc else f" {parts.scheme}://{parts.netloc}"
    script = "script-src 'self'; connect-src 'self'; " if live else ""
    return (
        f"default-src 'none'; {script}style-src 'self'; img-src data:; form-action {forms}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def message(
    title: str,
    text: str,
    *,
    status: int = 200,
    sign: str = "stop",
    link: tuple[str, str] | None = None,
    simulated: bool = True,
) -> Response[str]:
    """Render a page with only a message; `sign` is ``done``, ``info`` or ``stop``."""
    return page(
        "message",
        status=status,
        title=title,
        text=text,
        sign=sign,
        link=link,
        simulated=simulated,
    )


def control_sign_in(back_to: str, *, wrong: bool = False) -> Response[str]:
    """Render the form that asks for the control token; `back_to` is the page to open then."""
    return page("control_token", status=403 if wrong else 401, back_to=back_to, wrong=wrong)


def on_problem(request: AnyRequest, error: ProblemError) -> Response[str]:
    """Answer an error with a page instead of a problem document, because a person reads it."""
    note_refusal(request.scope, error.code)
    if error.code == "invalid_token" and exposure_of(request).control_token is not None:
        query = request.scope["query_string"].decode("latin-1")
        is_read = request.method == "GET"
        back_to = request.scope["path"] + (f"?{query}" if query else "") if is_read else "/_stub/"
        return control_sign_in(back_to)
    titles = {404: "There is nothing here", 403: "This is not allowed"}
    return message(
        titles.get(error.status, "That did not work"),
        error.sentence,
        status=error.status,
        simulated=request.app.state.get("sandbox") is not None,
    )


def page_routes(
    *guards: Guard, exception_handlers: Mapping[type[Exception], Any] | None = None
) -> ApiRoutes:
    """Return routes of pages: outside of OpenAPI, with errors as pages."""
    return ApiRoutes(
        guards=guards,
        exception_handlers={ProblemError: on_problem, **(exception_handlers or {})},
        include_in_schema=False,
    )


routes = page_routes()


@routes.get("/_stub/style.css")
async def get_style() -> Response[bytes]:
    return Response(_file("style.css"), media_type="text/css")


@routes.get("/_stub/console.js")
async def get_script() -> Response[bytes]:
    return Response(_file("console.js"), media_type="text/javascript")


@lru_cache(maxsize=2)
def _file(name: str) -> bytes:
    return files("keystead_stub.http.pages").joinpath(name).read_bytes()
