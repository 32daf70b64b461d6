"""From a template and values to an HTML answer that no other site can frame, read or feed."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import Request, Response, get
from litestar.datastructures import State

from keystead.instants import to_datetime
from keystead_stub.refusals import Refused

AnyRequest = Request[Any, Any, State]
_SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£"}
_PERIODS = {"month": "per month", "year": "per year"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("keystead_stub.pages"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=money, day=day, moment=moment, period=_PERIODS.get, words=words
    )
    return environment


def money(amount: int, currency: str) -> str:
    """An amount in the currency's smallest unit, as people write it: `€12.00`."""
    symbol = _SYMBOLS.get(currency, currency.upper() + " ")
    return f"{symbol}{amount // 100:,}.{amount % 100:02}"


def words(code: str) -> str:
    """A status as people read it: `past due`."""
    return code.replace("_", " ")


def day(ms: int) -> str:
    return f"{to_datetime(ms):%-d %B %Y}"


def moment(ms: int) -> str:
    return f"{to_datetime(ms):%-d %b %Y, %H:%M:%S} UTC"


def page(
    name: str, *, status: int = 200, goes_to: str | None = None, **values: Any
) -> Response[str]:
    """The page of this template. `goes_to` is where its form may end up on another site."""
    html = _environment().get_template(f"{name}.html").render(**values)
    return Response(
        html,
        status_code=status,
        media_type="text/html",
        headers={
            "Content-Security-Policy": _policy(goes_to),
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    )


def _policy(goes_to: str | None) -> str:
    forms = "'self'"
    if goes_to is not None:
        parts = urlsplit(goes_to)
        forms += f" {parts.scheme}:" if not parts.netloc else f" {parts.scheme}://{parts.netloc}"
    return (
        f"default-src 'none'; style-src 'self'; img-src data:; form-action {forms}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def message(title: str, text: str, *, status: int = 200) -> Response[str]:
    """A page that only says something."""
    return page("message", status=status, title=title, text=text, link=None)


def on_refused(_request: AnyRequest, refused: Refused) -> Response[str]:
    """A refusal as a page: whoever asked is a person."""
    titles = {404: "There is nothing here", 403: "This is not allowed"}
    title = titles.get(refused.status, "That did not work")
    return message(title, refused.sentence, status=refused.status)


@get("/_stub/style.css", include_in_schema=False)
async def get_style() -> Response[bytes]:
    return Response(_style(), media_type="text/css")


@lru_cache(maxsize=1)
def _style() -> bytes:
    return files("keystead_stub.pages").joinpath("style.css").read_bytes()
