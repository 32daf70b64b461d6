"""The config file `keystead-stub.toml`: production values that are not secret.

Its path comes from `--config`, else from KEYSTEAD_STUB_CONFIG, else it is in the user's
configuration folder (under KEYSTEAD_HOME if that is set). The values are in the table
`[production]`; other tables and comments belong to the operator and are kept. Above the tables may
stand how the backend is reached (`SERVING`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
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
#: The names of values above the tables, which `serve` takes where no flag and no variable is given.
SERVING = ("public_url", "trusted_proxies")


class ConfigFile(msgspec.Struct, frozen=True):
    """The contents of a config file; a missing file is empty."""

    path: Path
    text: str
    values: dict[str, str]
    #: The values outside the table: how the backend is reached.
    serving: dict[str, str] = {}

    @property
    def database(self) -> str | None:
        """The configured database; a file name is relative to the config file's folder."""
        named = self.values.get(production_values.DATABASE)
        return named if not named or "://" in named else str(self.path.parent / named)

    def under(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment, completed by values from the file.

        A placeholder in the environment counts as missing.
        """
        missing = {
            name: value
            for name, value in self.values.items()
            if is_placeholder(environ.get(name, ""))
        }
        return {**environ, **missing}


def latest_date() -> date:
    """The latest date that it can be anywhere on Earth now, for a person's confirmation."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()


def locate(named: str | None, environ: Mapping[str, str]) -> Path:
    """The path of the config file, whether or not it exists."""
    if named or environ.get(VARIABLE):
        return Path(named or environ[VARIABLE]).absolute()
    return paths_of("keystead-stub", environ.get("KEYSTEAD_HOME") or None).config / NAME


def load(named: str | None, environ: Mapping[str, str]) -> ConfigFile:
    """Read the config file of a command. Raises as `read`, and if a named file does not exist."""
    path = locate(named, environ)
    if (named or environ.get(VARIABLE)) and not path.is_file():
        raise InvalidInput("The config file does not exist.", code="invalid_config")
    return read(path)


def read(path: Path) -> ConfigFile:
    """Read a config file.

    Raises StorageFailed, or InvalidInput (``invalid_config``, ``secret_refused``,
    ``unknown_answer``, ``needs_fix``).
    """
    text, document = parse(read_file(path, MAX_BYTES) or b"", "config file")
    table = document.get(TABLE, {})
    if not isinstance(table, dict):
        raise InvalidInput(f"`{TABLE}` in {NAME} has to be a table.", code="invalid_config")
    values = {name: value for name, value in table.items() if name not in SERVING}
    # A line that is added at the end of the file belongs to the table.
    return ConfigFile(path, text, production_values.checked(values), _serving(table | document))


def _serving(document: Mapping[str, Any]) -> dict[str, str]:
    found = {name: document[name] for name in SERVING if name in document}
    for name, value in found.items():
        if not isinstance(value, str):
            raise InvalidInput(f"`{name}` in {NAME} has to be a text.", code="invalid_config")
    return found


def parse(data: bytes, what: str) -> tuple[str, dict[str, Any]]:
    """Decode TOML that holds no secret, not even in a comment: its text and its document.

    Raises InvalidInput (``secret_refused``, ``invalid_config``); neither quotes the contents.
    """
    # A secret is refused even where the rest is not text or not TOML.
    production_values.refuse_secrets(data.decode("utf-8", "replace"), f"contents of the {what}")
    try:
        if len(data) > MAX_BYTES:
            raise ValueError
        text = data.decode()
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"The {what} is not valid TOML.", code="invalid_config") from None
    # Once more, because an escape in a TOML string can hide a secret from the first search.
    production_values.refuse_secrets(document, f"contents of the {what}")
    return text, document


def sync(answers: Mapping[str, Any], path: Path) -> Outcome:
    """Apply a form's answers to the config file. Raises InvalidInput or StorageFailed."""
    file = read(path)
    outcome = production_values.decide(answers, file.values, latest=latest_date())
    write(file, outcome.values)
    return outcome


def write(file: ConfigFile, values: Mapping[str, str]) -> None:
    """Write these values atomically. Raises StorageFailed."""
    text = with_values(file.text, values)
    if text != file.text:
        # Replaces the file that a symbolic link leads to, and not the link.
        replace_atomically(file.path.resolve(), text.encode())


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Set these values in the table, and keep comments, order and other tables as they are."""
    # Only the commands that write the file need this package.
    import tomlkit

    known = tomllib.loads(text).get(TABLE, {})
    new = {name: value for name, value in values.items() if known.get(name) != value}
    if not new:
        return text
    # tomlkit ends the lines that it adds with \n alone.
    crlf = "\r\n" in text
    document = tomlkit.parse(text.replace("\r\n", "\n"))
    if TABLE not in document:
        if text.strip():
            document.add(tomlkit.nl())
        document.add(TABLE, tomlkit.table())
    for name, value in new.items():
        document[TABLE][name] = value
    changed = tomlkit.dumps(document)
    return changed.replace("\n", "\r\n") if crlf else changed
