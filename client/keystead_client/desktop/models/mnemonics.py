"""Choose the letters that are pressed with Alt, one for each button of a page, in any language."""

from __future__ import annotations

from collections.abc import Sequence


def with_mnemonics(labels: Sequence[str], taken: str = "") -> tuple[str, ...]:
    """Put an ``&`` before a letter of each label that no other label and not ``taken`` has.

    The beginnings of words come first. If no letter is left, the label has no mnemonic.
    """
    used = set(taken.casefold())
    marked = []
    for label in labels:
        at = next((i for i in _candidates(label) if label[i].casefold() not in used), None)
        if at is not None:
            used.add(label[at].casefold())
        marked.append(_mark(label, at))
    return tuple(marked)


def _candidates(label: str) -> list[int]:
    """Return the positions of letters that can be marked, the best first."""
    letters = [i for i, char in enumerate(label) if char.isalnum() and char.isascii()]
    first = [i for i in letters if i == 0 or not label[i - 1].isalnum()]
    return first + [i for i in letters if i not in first]


def _mark(label: str, at: int | None) -> str:
    # Qt shows "&&" as one ampersand.
    return "".join(
        ("&" if i == at else "") + ("&&" if char == "&" else char) for i, char in enumerate(label)
    )
