"""`keystead-stub.toml`: the file with what is no secret, in its table `[production]`.

It is found by `--config`, else by KEYSTEAD_STUB_CONFIG, else in the user's configuration (under
KEYSTEAD_HOME where that is set). Other tables and comments are the user's, and stay.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from keystead.errors import InvalidInput
from keystead.files import read_file, replace_atomically
from keystead.paths import paths_of
from keystead_stub.ops import production_values
from keystead_stub.ops.production_values import Outcome
from keystead_stub.settings import is_placeholder

NAME = "keystead-stub.toml"
VARIABLE = "KEYSTEAD_STUB_CONFIG"
TABLE = "production"
MAX_BYTES = 64 * 1024
_HEADER = re.compile(rf"\s*\[\s*{TABLE}\s*\]\s*(?:#.*)?")
_BEGINS = re.compile(r"\s*\[")
_VALUE = r"""(\s*)("(?:[^"\\]|\\.)*"|'[^']*')(\s*(?:#.*)?)"""


class ConfigFile(msgspec.Struct, frozen=True):
    """A config file as it is now; one that is not there is empty."""

    path: Path
    text: str
    values: dict[str, str]

    @property
    def database(self) -> str | None:
        """The database that it names; a file's name is meant from the config file's folder."""
        named = self.values.get(production_values.DATABASE)
        return named if not named or "://" in named else str(self.path.parent / named)

    def under(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment, and in it what only the file says."""
        missing = {
            name: value
            for name, value in self.values.items()
            if is_placeholder(environ.get(name, ""))
        }
        return {**environ, **missing}


def place(named: str | None, environ: Mapping[str, str]) -> Path:
    """Where the file is, or would be."""
    if named or environ.get(VARIABLE):
        return Path(named or environ[VARIABLE]).absolute()
    return paths_of("keystead-stub", environ.get("KEYSTEAD_HOME") or None).config / NAME


def load(named: str | None, environ: Mapping[str, str]) -> ConfigFile:
    """The file that a command is to go by; one that is named has to be there. Raises as `read`."""
    path = place(named, environ)
    if (named or environ.get(VARIABLE)) and not path.is_file():
        raise InvalidInput("There is no such config file.", code="invalid_config")
    return read(path)


def read(path: Path) -> ConfigFile:
    """The file; raises StorageFailed, and InvalidInput for what is none, or holds a secret."""
    text, document = parse(read_file(path, MAX_BYTES) or b"", "config file")
    table = document.get(TABLE, {})
    if not isinstance(table, dict):
        raise InvalidInput(f"[{TABLE}] is a table in {NAME}.", code="invalid_config")
    return ConfigFile(path, text, production_values.checked(table))


def parse(data: bytes, what: str) -> tuple[str, dict[str, Any]]:
    """TOML without a secret in it, comments included, as text and document.

    Raises InvalidInput: ``secret_refused``, ``invalid_config``; neither quotes anything.
    """
    # What is no text may still be read by somebody's eyes.
    production_values.refuse_secrets(data.decode("utf-8", "replace"), f"contents of the {what}")
    try:
        if len(data) > MAX_BYTES:
            raise ValueError
        text = data.decode()
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"The {what} is no TOML.", code="invalid_config") from None
    production_values.refuse_secrets(document, f"contents of the {what}")
    return text, document


def sync(answers: Mapping[str, Any], path: Path) -> Outcome:
    """Decide what comes of the answers, and write it. Raises InvalidInput and StorageFailed."""
    file = read(path)
    outcome = production_values.decide(answers, file.values)
    write(file, outcome.values)
    return outcome


def write(file: ConfigFile, values: Mapping[str, str]) -> None:
    """Let the file say these values, whole or not at all. Raises StorageFailed, InvalidInput."""
    text = with_values(file.text, values)
    if text != file.text:
        replace_atomically(file.path.resolve(), text.encode())


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text with these values in its table, and all else as it was.

    Raises InvalidInput (``invalid_config``) where the table is written in a way that is not ours.
    """
    before = tomllib.loads(text)
    known = before.get(TABLE, {})
    new = {name: value for name, value in values.items() if known.get(name) != value}
    if not new:
        return text
    changed = _edited(text, new)
    try:
        after = tomllib.loads(changed)
    except tomllib.TOMLDecodeError:
        after = {}
    if after != {**before, TABLE: {**known, **values}}:
        raise InvalidInput(
            f"[{TABLE}] is written in a way that only its author can change.",
            code="invalid_config",
            remedy="Write each of its values on a line of its own, in quotation marks.",
        )
    return changed


def _edited(text: str, new: Mapping[str, str]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    start = next((n for n, line in enumerate(lines) if _HEADER.fullmatch(line)), None)
    if start is None:
        head = [*lines[:-1], *([lines[-1]] if lines[-1] else [])]
        lines = [*head, *([""] if head else []), f"[{TABLE}]", ""]
        start = len(lines) - 2
    stop = next((n for n in range(start + 1, len(lines)) if _BEGINS.match(lines[n])), len(lines))
    section = lines[start + 1 : stop]
    added = [one for name, value in new.items() if (one := _put(section, name, value))]
    last = max((n + 1 for n, line in enumerate(section) if line.strip()), default=0)
    section[last:last] = added
    return end.join([*lines[: start + 1], *section, *lines[stop:]])


def _put(section: list[str], name: str, value: str) -> str | None:
    """Change the value where it stands; else the line to add."""
    # A JSON string without control characters is a TOML basic string.
    written = json.dumps(value, ensure_ascii=False)
    line = re.compile(rf"(\s*{name}\s*=){_VALUE}")
    for number, one in enumerate(section):
        if found := line.fullmatch(one):
            section[number] = f"{found[1]}{found[2]}{written}{found[4]}"
            return None
    return f"{name} = {written}"
