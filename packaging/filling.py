"""Fill in the names of a product in files of many formats, each by the format's own rules."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from xml.sax.saxutils import escape

_NAME = re.compile(r"@([A-Z_]+)@")
_PLAIN_YAML = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*")
#: What YAML 1.1 reads as something else than text.
_YAML_WORDS = {"false", "n", "no", "null", "off", "on", "true", "y", "yes"}
#: Characters of a line in a package's description.
_DESCRIPTION = 76
#: Characters that no file name has on Windows.
_NOT_IN_FILES = re.compile(r'[<>:"/\\|?*{}]')


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its ``@NAME@`` filled in. Raises KeyError for an unknown name."""
    return _NAME.sub(lambda found: values[found[1]], template)


def yaml_text(text: str) -> str:
    """Return a text as a YAML scalar: JSON's strings are YAML's, and plain words need no quotes."""
    plain = _PLAIN_YAML.fullmatch(text) and text.lower() not in _YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def wrapped(text: str) -> str:
    """Return paragraphs in lines that package managers show whole (Debian Policy §3.4.1)."""
    return "\n".join(textwrap.fill(line, _DESCRIPTION) for line in text.splitlines())


def xml_text(text: str) -> str:
    """Return a text for XML, within elements and quoted attributes."""
    return escape(text, {'"': "&quot;"})


def desktop_text(text: str) -> str:
    """Return a value of type *localestring* (Desktop Entry Specification)."""
    return text.replace("\\", "\\\\")


def unit_text(text: str) -> str:
    """Return a text for a unit's description, where ``%`` begins a specifier."""
    return text.replace("\\", "").replace("%", "%%")


def inno_text(text: str) -> str:
    """Return a text for Inno Setup, where ``{`` begins a constant."""
    return text.replace("{", "{{").replace('"', "'")


def file_text(text: str) -> str:
    """Return a text as part of a file's name on any system."""
    return _NOT_IN_FILES.sub(" ", text).strip(" .") or "License"


def roff_text(text: str) -> str:
    """Return a text for a man page (groff_man(7)): hyphens to be copied, no line a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(
        f"\\&{line}" if line[:1] in (".", "'") else line for line in escaped.split("\n")
    )
