"""Fill in and submit a form of a web page, as far as the demo needs it."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from keystead.errors import BackendUnreachable

_LIMIT_S = 30.0
_MAX_BYTES = 1024 * 1024


class Form(msgspec.Struct):
    """A form's target, its fields, and the values of its buttons."""

    action: str
    fields: dict[str, str]
    buttons: set[tuple[str, str]]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), {}, set())
            self.found.append(self._open)
        elif self._open is None or "name" not in given:
            return
        elif tag == "input":
            self._open.fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            self._open.buttons.add((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def forms_of(html: str) -> list[Form]:
    """Return the forms of a page."""
    parser = _Forms()
    parser.feed(html)
    return parser.found


def submit_form(url: str, button: str, filled_in: Mapping[str, str]) -> str | None:
    """Open a page, fill in the form with this ``action`` button, and press the button.

    Returns the URL that the page redirects to, if any.

    Raises BackendUnreachable if there is no such page or button, or the form is rejected.
    """
    status, html, _ = _exchange("GET", url)
    pressed = ("action", button)
    form = next((form for form in forms_of(html) if pressed in form.buttons), None)
    if status != 200 or form is None:
        raise BackendUnreachable(f"The page has no button “{button}” ({status}).")
    known = {name: value for name, value in filled_in.items() if name in form.fields}
    body = urlencode(form.fields | known | dict([pressed]))
    status, _, opens_links = _exchange("POST", urljoin(url, form.action or url), body)
    if status >= 400:
        raise BackendUnreachable(f"The page did not take “{button}” ({status}).")
    return opens_links


def page_exists(url: str) -> bool:
    """Request a URL that a page leads to; return whether it exists."""
    return _exchange("GET", url)[0] == 200


def _exchange(method: str, url: str, body: str | None = None) -> tuple[int, str, str | None]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=_LIMIT_S)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        html = answer.read(_MAX_BYTES).decode("utf-8", "replace")
        return answer.status, html, answer.getheader("Location")
    except (OSError, HTTPException):
        raise BackendUnreachable("The page does not answer.") from None
    finally:
        connection.close()
