"""The arguments of a bare ``keystead status``, read without argparse.

Loading argparse and building the parser take as long as all the rest of a status. What is not
plain here (another command, a wrong flag, a wish for help) is left to `arguments`.
"""

from __future__ import annotations

from types import SimpleNamespace

_SWITCHES = ("json", "strict")
_PLACES = ("profile", "home")


def of_status(argv: list[str]) -> SimpleNamespace | None:
    """What `arguments.parse` would make of them, or None where it is to be asked."""
    given: dict[str, str | bool | None] = {
        "profile": None,
        "home": None,
        "json": False,
        "strict": False,
    }
    words: list[str] = []
    left = iter(argv)
    for word in left:
        name = word.removeprefix("--") if word.startswith("--") else None
        if name in _PLACES and (value := next(left, "-")) and not value.startswith("-"):
            given[name] = value
        elif name in _SWITCHES and words:
            given[name] = True
        elif name is None:
            words.append(word)
        else:
            return None
    return SimpleNamespace(run="status:status", **given) if words == ["status"] else None
