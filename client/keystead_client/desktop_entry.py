"""Read and write the text of desktop entries (Desktop Entry Specification 1.5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from keystead.errors import InvalidInput

_HEADER = "[Desktop Entry]"
#: The characters that need a backslash inside double quotes.
_QUOTED = str.maketrans({one: f"\\{one}" for one in '"`$\\'})
#: The escapes of a value of type string, which apply on top of the quoting.
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def entry(values: Mapping[str, str]) -> str:
    """Return the text of an entry; each value is escaped as the type *string* requires."""
    lines = [f"{key}={value.translate(_ESCAPED)}" for key, value in values.items()]
    return "\n".join([_HEADER, *lines, ""])


def exec_line(command: Sequence[str], *fields: str) -> str:
    """Return the value of ``Exec`` for a command, unescaped; ``fields`` are such as ``%u``.

    Every argument is quoted. Raises InvalidInput if an argument cannot be expressed in an entry.
    """
    if any(not one.isprintable() for one in command) or "=" in command[0]:
        raise InvalidInput("The program's own path has characters that no desktop entry can hold.")
    quoted = (f'"{one.translate(_QUOTED)}"'.replace("%", "%%") for one in command)
    return " ".join([*quoted, *fields])


def values_of(lines: Iterable[str]) -> dict[str, str]:
    """Return the values in the first group of an entry, still escaped."""
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
