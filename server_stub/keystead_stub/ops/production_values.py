"""The production values that are not secret: a form, and the result of its answers. Pure.

`config sync` and the console's form use it. A valid answer is applied, a missing one waits, and an
invalid one needs a fix. A secret or an unknown name rejects all answers. Some answers are no values
but confirmations: the day on which a person made sure of something that no program can check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from keystead.errors import InvalidInput
from keystead_stub.ops import secret_patterns
from keystead_stub.settings import CONFIRMATIONS, SECRETS, confirmation_date, is_placeholder
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

DATABASE = "NYRA_DATABASE_ID"
_LONGEST = 500
_URL = re.compile(r"https://[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_DATABASE = re.compile(r"[^\x00-\x1f\x7f]+")
#: A name that may be quoted in an error message; another name could be a misplaced secret.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def _origin(value: str) -> str | None:
    if _address(value) or value != "https://" + urlsplit(value).netloc:
        return "Enter the site's origin: https:// and the host name, without a path."
    return None


def _address(value: str) -> str | None:
    sentence = "Enter a complete URL that starts with https://."
    try:
        parts = urlsplit(value)
        # Raises ValueError for a port that cannot exist.
        port = parts.port
    except ValueError:
        return sentence
    named = _URL.fullmatch(value) and parts.hostname and _HOST.fullmatch(parts.hostname)
    if not named or port == 0 or "@" in parts.netloc or "#" in value:
        return sentence
    return None


def _version(value: str) -> str | None:
    if value == STRIPE_API_VERSION:
        return None
    return f"This backend supports only the version {STRIPE_API_VERSION}."


def _database(value: str) -> str | None:
    if _DATABASE.fullmatch(value) and value.strip():
        return None
    return "Enter a file name, or a database URL without a password."


def _date(value: str) -> str | None:
    return None if confirmation_date(value) else "Enter a date, such as 2026-11-30."


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the form; `wrong` returns what is wrong with an answer, or null."""

    name: str
    label: str
    hint: str
    wrong: Callable[[str], str | None]


VALUES = (
    Field(
        name="ALLOWED_ORIGIN",
        label="Allowed origin",
        hint="The site whose pages may call the billing API, such as https://nyra.example",
        wrong=_origin,
    ),
    Field(
        name=DATABASE,
        label="Database",
        hint="A file, or a URL such as postgresql+psycopg://billing@db.example/nyra_billing; the "
        "password comes from PGPASSWORD or ~/.pgpass",
        wrong=_database,
    ),
    Field(
        name="STRIPE_API_VERSION",
        label="Stripe API version",
        hint=f"Has to be {STRIPE_API_VERSION}",
        wrong=_version,
    ),
    Field(
        name="NYRA_BILLING_SUCCESS_URL",
        label="Page after paying",
        hint="May hold {CHECKOUT_SESSION_ID}",
        wrong=_address,
    ),
    Field(
        name="NYRA_BILLING_CANCEL_URL",
        label="Page after leaving the checkout",
        hint="Opened when the customer cancels the checkout",
        wrong=_address,
    ),
    Field(
        name="NYRA_BILLING_RETURN_URL",
        label="Page after the portal",
        hint="Opened when the customer leaves the portal",
        wrong=_address,
    ),
)
#: What each confirmation says.
_CONFIRMED = {
    "NYRA_CONFIRMED_MONTHLY_PRICE": "The final monthly price is chosen, and is the price at Stripe",
    "NYRA_CONFIRMED_HOSTED_AI_CAP": "The cap on hosted AI use is decided, and in force",
    "NYRA_CONFIRMED_SUPPORT_INBOX": "A mail to support arrived, and its answer came back",
    "NYRA_CONFIRMED_BACKEND_ADDRESS": "The domain is ours, and the backend answers at its address",
    "NYRA_CONFIRMED_CUSTOMER_PORTAL": "The portal at Stripe offers invoices, cards and canceling",
    "NYRA_CONFIRMED_WEBHOOK_ENDPOINT": "Stripe delivers webhooks here, and we have their secret",
    "NYRA_CONFIRMED_REVIEW": "An attorney or accountant has approved the paid beta",
    "NYRA_CONFIRMED_RELEASE_PATH": "Releases are signed, or come from a store that users trust",
}
CONFIRMATION_FIELDS = tuple(
    Field(name=name, label=what, hint=_CONFIRMED[name], wrong=_date)
    for name, what in CONFIRMATIONS.items()
)
FIELDS = VALUES + CONFIRMATION_FIELDS
NAMES = tuple(field.name for field in FIELDS)
#: What doesn't belong in the config file. A price is not secret, but comes with Stripe's keys.
SECRET_NAMES = tuple(name for name in SECRETS if name not in NAMES)


class NeedsFix(msgspec.Struct, frozen=True):
    """An invalid answer, and why; the sentence doesn't quote it."""

    name: str
    sentence: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Each field is in one of three lists; `values` are the old and the new values."""

    applied: tuple[str, ...]
    waiting: tuple[str, ...]
    needs_fix: tuple[NeedsFix, ...]
    values: dict[str, str]


def decide(
    answers: Mapping[str, Any], known: Mapping[str, str], *, latest: date | None = None
) -> Outcome:
    """Apply answers over the `known` values; a missing answer keeps the known value.

    Nothing can be confirmed after the `latest` possible date. Raises InvalidInput
    (``secret_refused``, ``unknown_answer``).
    """
    refuse_secrets(answers, "answers")
    _refuse_unknown(answers)
    applied: list[str] = []
    waiting: list[str] = []
    needs_fix: list[NeedsFix] = []
    values = dict(known)
    for field in FIELDS:
        answer = answers.get(field.name, "")
        given = _given(answer)
        if given == "" or (isinstance(given, str) and is_placeholder(given)):
            (applied if field.name in known else waiting).append(field.name)
        elif sentence := _wrong(field, given, latest):
            needs_fix.append(NeedsFix(field.name, sentence))
        else:
            values[field.name] = given
            applied.append(field.name)
    return Outcome(
        applied=tuple(applied),
        waiting=tuple(waiting),
        needs_fix=tuple(needs_fix),
        values=values,
    )


def _given(answer: Any) -> Any:
    # TOML has dates of its own.
    if isinstance(answer, date) and not isinstance(answer, datetime):
        return answer.isoformat()
    return answer.strip() if isinstance(answer, str) else answer


def _wrong(field: Field, answer: Any, latest: date | None) -> str | None:
    if not isinstance(answer, str):
        return "Enter a text."
    if len(answer) > _LONGEST:
        return "This is too long."
    if sentence := field.wrong(answer):
        return sentence
    if field.name in CONFIRMATIONS and confirmation_date(answer, latest) is None:
        return "This date has not come yet."
    return None


def checked(values: Mapping[str, Any]) -> dict[str, str]:
    """The values of a config file, which all have to be valid.

    Raises InvalidInput (``secret_refused``, ``unknown_answer``, ``needs_fix``).
    """
    outcome = decide(values, {})
    if outcome.needs_fix:
        first = outcome.needs_fix[0]
        raise InvalidInput(f"{first.name}: {first.sentence}", code="needs_fix")
    return outcome.values


def refuse_secrets(value: Any, where: str) -> None:
    """Raises InvalidInput (``secret_refused``) if the value contains a secret."""
    kind = secret_patterns.find_secret(value)
    if kind is not None:
        raise InvalidInput(
            f"The {where} contain what looks like {kind}. Nothing was written.",
            code="secret_refused",
            remedy="Remove it. Set secrets in the environment, from your secret store, and rotate "
            "a secret that others may have seen.",
        )


def _refuse_unknown(names: Iterable[str]) -> None:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        names_shown = ", ".join(sorted(name for name in unknown if _NAME.fullmatch(name)))
        raise InvalidInput(
            f"Unknown names: {names_shown or '(not shown)'}. Nothing was written.",
            code="unknown_answer",
            remedy=f"The known names are {', '.join(NAMES)}.",
        )
