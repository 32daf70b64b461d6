"""Desktop entries, as Linux desktops keep them (Desktop Entry Specification 1.5), as text.

Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from keystead.errors import InvalidInput

_HEADER = "[Desktop Entry]"
#: Characters that stand for themselves inside double quotes, once a backslash is before them.
_QUOTED = str.maketrans({one: f"\\{one}" for one in '"`$\\'})
#: A value of type string has escapes of its own.
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def entry(values: Mapping[str, str]) -> str:
    """The text of an entry; each value is escaped as the type *string* asks."""
    lines = [f"{key}={value.translate(_ESCAPED)}" for key, value in values.items()]
    return "\n".join([_HEADER, *lines, ""])


def exec_line(command: Sequence[str], *fields: str) -> str:
    """The value of ``Exec`` for a command, before it is escaped; ``fields`` are such as ``%u``.

    Every argument is quoted, so that none of its characters means anything. Raises InvalidInput
    where an argument cannot be said in an entry.
    """
    if any(not one.isprintable() for one in command) or "=" in command[0]:
        raise InvalidInput("The program's own path has characters that no desktop entry can hold.")
    quoted = (f'"{one.translate(_QUOTED)}"'.replace("%", "%%") for one in command)
    return " ".join([*quoted, *fields])


def values_of(lines: Iterable[str]) -> dict[str, str]:
    """The values in the first group of an entry, as they are written."""
    found: dict[str, str] = {}
    inside = False
    for line in map(str.strip, lines):
        if line.startswith("["):
            if inside:
                break
            inside = line == _HEADER
        elif inside and not line.startswith("#") and "=" in line:
            key, _, value = line.partition("=")
            found[key.rstrip()] = value.lstrip()
    return found
