"""The page for a computer without a network: its request, and the code that is typed."""

from __future__ import annotations

import msgspec

from keystead.license_file import license_in
from keystead.wire import activation_code, base32_groups
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr

#: A signed license (JWS compact serialization) has three parts, separated by dots.
_LICENSE_DOTS = 2


class OfflineModel(msgspec.Struct, frozen=True, kw_only=True):
    """``link`` is empty until the request has arrived; ``busy`` is what is in progress."""

    link: str
    loading: bool
    busy: str
    problem: Problem | None
    enabled: bool


class CodeModel(msgspec.Struct, frozen=True, kw_only=True):
    """What to say about the typed text, and the numbers (from 1) of the wrong groups.

    ``ready`` is true if the text can be sent.
    """

    sentence: str
    wrong: tuple[int, ...] = ()
    ready: bool = False
    well: bool = True


def offline_model(state: AppState) -> OfflineModel:
    """Build the page for a state."""
    taking = Operation.IMPORT in state.in_progress
    request = state.request
    return OfflineModel(
        link=request.link if request else "",
        loading=request is None and state.request_problem is None,
        busy=tr("offline.taking") if taking else "",
        problem=state.request_problem,
        enabled=state.connected and not taking,
    )


def code_model(text: str) -> CodeModel:
    """Check a code while it is typed."""
    typed = base32_groups.parse_groups(text)
    if license_in(text).count(".") == _LICENSE_DOTS and typed.foreign:
        return CodeModel(sentence=tr("code.license"), ready=True)
    if typed.foreign:
        return CodeModel(sentence=tr("code.foreign", text=typed.foreign[0]), well=False)
    if typed.wrong:
        first = typed.wrong[0]
        sentence = tr("code.wrong", group=first, text=typed.groups[first - 1])
        return CodeModel(sentence=sentence, wrong=typed.wrong, well=False)
    return _so_far(len(typed.groups), activation_code.expected_groups(typed), rest=bool(typed.rest))


def _so_far(done: int, wanted: int | None, *, rest: bool) -> CodeModel:
    if not done:
        return CodeModel(sentence=tr("code.none"))
    if wanted is None:
        return CodeModel(sentence=tr("code.so_far", done=done))
    if done > wanted or (done == wanted and rest):
        return CodeModel(sentence=tr("code.too_many", all=wanted), well=False)
    if done == wanted:
        return CodeModel(sentence=tr("code.complete"), ready=True)
    return CodeModel(sentence=tr("code.so_far.of", done=done, all=wanted))


def in_groups(text: str, cursor: int) -> tuple[str, int]:
    """Return the text in groups, and the cursor's position in it.

    Text that is not a code stays as it is, so that the person sees what they typed.
    """
    typed = base32_groups.parse_groups(text)
    if typed.foreign:
        return text, cursor
    before = len(_plain(text[:cursor]))
    shown = " ".join(filter(None, (*typed.groups, typed.rest)))
    # One space per complete group before the cursor; at a group's end it stays before the space.
    return shown, before + max(before - 1, 0) // base32_groups.GROUP


def span_of(group: int) -> tuple[int, int]:
    """Return the start and the length of a group (from 1) in a text that is in groups."""
    return (group - 1) * (base32_groups.GROUP + 1), base32_groups.GROUP


def _plain(text: str) -> str:
    typed = base32_groups.parse_groups(text)
    return "".join(typed.groups) + typed.rest
