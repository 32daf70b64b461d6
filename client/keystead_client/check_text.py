"""The results of checks in words. Pure.

The codes come from the daemon and `keystead_client.doctor`. Those of errors have their messages in
`messages.problems`.
"""

from __future__ import annotations

from typing import NamedTuple

from keystead.checks import UNTRIED
from keystead.local_api import Check
from keystead_client import formats, presentation
from keystead_client.translator import ENGLISH, SHARED, Translator

#: Support reads English, whatever the program's language is.
_ENGLISH = Translator(*SHARED)


class CheckText(NamedTuple):
    """``fix`` is what to do if the check failed."""

    title: str
    detail: str
    fix: str | None


def describe(check: Check, tr: Translator = ENGLISH) -> CheckText:
    """Describe a check."""
    message = next(
        (
            words
            for message in _messages(check)
            if (words := presentation.message_text(message, check.values, tr))
        ),
        None,
    )
    if message is None:
        code = formats.printable(check.code)
        message = presentation.ErrorText(tr("check.any.unknown", code=code), None)
    return CheckText(title(check.name, tr), message.sentence, None if check.ok else message.remedy)


def title(check: str, tr: Translator = ENGLISH) -> str:
    """Return the name of a check; its id if a newer daemon has checks that are unknown here."""
    message = f"check.{check}"
    return tr(message) if message in tr else formats.printable(check)


def tone(check: Check) -> str:
    """Return the tone of a check: passed, failed, or not run."""
    if check.code == UNTRIED:
        return presentation.SKIPPED
    return presentation.OK if check.ok else presentation.ATTENTION


def json_members(check: Check) -> dict[str, object]:
    """Return a check as ``keystead doctor --json`` prints it (specification §11.4), in English."""
    message = describe(check, _ENGLISH)
    return {
        "name": check.name,
        "ok": check.ok,
        "code": check.code,
        "values": check.values,
        "detail": message.detail,
        "fix": message.fix,
    }


def _messages(check: Check) -> tuple[str, ...]:
    return (
        f"check.{check.name}.{check.code}",
        f"check.any.{check.code}",
        f"refused.{check.code}",
    )
