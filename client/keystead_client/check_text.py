"""What a check came to, in words. Pure.

The codes are the daemon's and `keystead_client.doctor`'s; those of errors have their words in
`messages.problems`, like everywhere else.
"""

from __future__ import annotations

from typing import NamedTuple

from keystead.checks import UNTRIED
from keystead.local_api import Check
from keystead_client import formats, presentation
from keystead_client.translator import ENGLISH, SHARED, Translator

#: What support reads is in English, whatever is spoken here.
_ENGLISH = Translator(*SHARED)


class CheckText(NamedTuple):
    """``fix`` says what to do, where the check is not ok."""

    name: str
    detail: str
    fix: str | None


def tell(check: Check, tr: Translator = ENGLISH) -> CheckText:
    """A check in words."""
    said = next(
        (
            words
            for message in _messages(check)
            if (words := presentation.message_text(message, check.values, tr))
        ),
        None,
    )
    if said is None:
        code = formats.printable(check.code)
        said = presentation.ErrorText(tr("check.any.unknown", code=code), None)
    return CheckText(name(check.name, tr), said.sentence, None if check.ok else said.remedy)


def name(check: str, tr: Translator = ENGLISH) -> str:
    """What a check is called; its own word where a newer daemon looks at something new."""
    message = f"check.{check}"
    return tr(message) if message in tr else formats.printable(check)


def tone(check: Check) -> str:
    """How it feels: in order, in need of attention, or not looked at."""
    if check.code == UNTRIED:
        return presentation.SKIPPED
    return presentation.OK if check.ok else presentation.ATTENTION


def members(check: Check) -> dict[str, object]:
    """A check as ``keystead doctor --json`` prints it (contract §4), in English."""
    told = tell(check, _ENGLISH)
    return {
        "name": check.name,
        "ok": check.ok,
        "code": check.code,
        "values": check.values,
        "detail": told.detail,
        "fix": told.fix,
    }


def _messages(check: Check) -> tuple[str, ...]:
    return (
        f"check.{check.name}.{check.code}",
        f"check.any.{check.code}",
        f"refused.{check.code}",
    )
