"""Reading submitted forms, and checking that they are the stub's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

import msgspec
from litestar.response import Redirect

from keystead.instants import to_datetime
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages.form_tokens import FormTokens
from keystead_stub.http.pages.rendering import AnyRequest
from keystead_stub.http.request_text import without_nul

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_EXPIRY = re.compile(r"(\d{1,2})\s*/\s*(?:20)?(\d{2})")
#: Far more than any page sends; the longest field is a pasted activation request.
MAX_FIELDS = 20
MAX_FIELD = 20_000


async def plain_fields(request: AnyRequest) -> dict[str, str]:
    """Return the fields of a form that a program sends, without a token.

    Raises ProblemError for another media type or a malformed body.
    """
    if _media_type(request) != "application/x-www-form-urlencoded":
        raise ProblemError("The request body is not a form.", code="unsupported_media_type")
    return _urlencoded(await request.body())


async def fields(request: AnyRequest, tokens: FormTokens, purpose: str) -> dict[str, str]:
    """Return the form's fields. Raises ProblemError for another site's form, or a malformed one."""
    media_type = _media_type(request)
    if media_type == "multipart/form-data":
        found = await _multipart(request)
    elif media_type == "application/x-www-form-urlencoded":
        found = _urlencoded(await request.body())
    else:
        raise ProblemError("The request body is not a form.", code="unsupported_media_type")
    tokens.check(purpose, found)
    return found


def _media_type(request: AnyRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _urlencoded(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise ProblemError("The request body is not a form.", code="invalid_request") from None
    return _fields(pairs)


async def _multipart(request: AnyRequest) -> dict[str, str]:
    """Return fields and small text files alike. A file that was not chosen is empty."""
    found = []
    for name, value in (await request.form()).multi_items():
        raw = value if isinstance(value, str) else await value.read()
        # A file that is no text is refused later, by what reads the field.
        text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
        found.append((name, text))
    return _fields(found)


def _fields(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: without_nul(value[:MAX_FIELD]) for name, value in pairs}


class CardFields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a card form; `errors` holds sentences by field."""

    number: str
    email: str | None
    errors: dict[str, str]


def card_fields(found: Mapping[str, str], now_ms: int, *, with_email: bool) -> CardFields:
    """Validate a card form as a payment page does, before the bank is asked."""
    errors = {}
    number = re.sub(r"[\s-]", "", found.get("card", ""))
    # Card numbers have up to 19 digits (ISO/IEC 7812-1).
    if not re.fullmatch(r"\d{12,19}", number) or not luhn(number):
        errors["card"] = "This card number is not complete or not valid."
    expiry = _EXPIRY.fullmatch(found.get("expiry", "").strip())
    if expiry is None or not 1 <= int(expiry[1]) <= 12:
        errors["expiry"] = "Write the expiry as MM / YY."
    elif (2000 + int(expiry[2]), int(expiry[1])) < _year_month(now_ms):
        errors["expiry"] = "This card has expired."
    if not re.fullmatch(r"\d{3,4}", found.get("cvc", "").strip()):
        errors["cvc"] = "The security code has 3 or 4 digits."
    email = found.get("email", "").strip()
    if with_email and (error := email_error(email)):
        errors["email"] = error
    return CardFields(number=number, email=email or None, errors=errors)


def format_card_number(number: str) -> str:
    """Format a card's number in groups of four; leave anything else unchanged."""
    if not re.fullmatch(r"\d{16}", number):
        return number
    return " ".join(number[start : start + 4] for start in range(0, 16, 4))


def email_error(typed: str) -> str | None:
    """Return what is wrong with an email address, as a sentence, or null."""
    return None if is_email(typed.strip()) else "Write an email address, for the receipt."


def is_email(text: str) -> bool:
    """Return whether the text has the form of an email address."""
    # 254 is the longest address that a mail can be sent to (RFC 5321 §4.5.3.1.3).
    return bool(_EMAIL.fullmatch(text)) and len(text) <= 254


def _year_month(now_ms: int) -> tuple[int, int]:
    today = to_datetime(now_ms)
    return today.year, today.month


def luhn(digits: str) -> bool:
    """Return whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def redirect(url: str) -> Redirect:
    """Return a redirect to a page, to be loaded by GET."""
    # 303 makes the browser use GET: a reload does not send the form again (RFC 9110 §15.4.4).
    return Redirect(url, status_code=303)
