"""The production values that are not secret: a form, and the result of its answers. Pure.

`config sync` and the console's form use it. A valid answer is applied, a missing one waits, and an
invalid one needs a fix. A secret or an unknown name rejects all answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from keystead.errors import InvalidInput
from keystead_stub.ops import secret_patterns
from keystead_stub.settings import SECRETS, is_placeholder
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


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the form; `wrong` returns what is wrong with an answer, or null."""

    name: str
    label: str
    hint: str
    wrong: Callable[[str], str | None]


FIELDS = (
    Field(
        name="ALLOWED_ORIGIN",
        label="Allowed origin",
        hint="The site whose pages may call the billing API, such as https://nyra.example",
        wrong=_origin,
    ),
    Field(
        name=DATABASE,
        label="Database",
        hint="A file, or a URL such as postgresql+psycopg://billing@db.example/nyra; the password "
        "comes from PGPASSWORD or ~/.pgpass",
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


def decide(answers: Mapping[str, Any], known: Mapping[str, str]) -> Outcome:
    """Apply answers over the `known` values; a missing answer keeps the known value.

    Raises InvalidInput (``secret_refused``, ``unknown_answer``).
    """
    refuse_secrets(answers, "answers")
    _refuse_unknown(answers)
    applied: list[str] = []
    waiting: list[str] = []
    needs_fix: list[NeedsFix] = []
    values = dict(known)
    for field in FIELDS:
        answer = answers.get(field.name, "")
        given = answer.strip() if isinstance(answer, str) else answer
        if given == "" or (isinstance(given, str) and is_placeholder(given)):
            (applied if field.name in known else waiting).append(field.name)
        elif sentence := _wrong(field, given):
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


def _wrong(field: Field, answer: Any) -> str | None:
    if not isinstance(answer, str):
        return "Enter a text."
    return "This is too long." if len(answer) > _LONGEST else field.wrong(answer)


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
