"""The user's settings in ``settings.json``; an unreadable file is set aside."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from keystead.errors import InvalidInput
from keystead.files import read_file, replace_atomically, set_aside
from keystead.local_api import Settings, SettingsParams

_MAX_BYTES = 64 * 1024
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
PROXY_MODES = ("system", "none")
APPEARANCES = ("system", "light", "dark")


class SettingsFile:
    """The settings of one user and product."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises StorageFailed where it exists and can't be read."""
        self._path = path
        self.current = self._read()

    def change(self, changes: SettingsParams) -> Settings:
        """Apply and save the given settings and return all. Raises InvalidInput, StorageFailed."""
        given = {
            name: value
            for name, value in msgspec.structs.asdict(changes).items()
            if value is not msgspec.UNSET
        }
        changed = msgspec.structs.replace(self.current, **given)
        _check(changed)
        replace_atomically(self._path, msgspec.json.encode(changed) + b"\n")
        self.current = changed
        return changed

    def _read(self) -> Settings:
        data = read_file(self._path, _MAX_BYTES)
        if data is None:
            return Settings()
        try:
            settings = msgspec.json.decode(data, type=Settings)
            _check(settings)
        except (msgspec.MsgspecError, UnicodeDecodeError, InvalidInput):
            set_aside(self._path)
            return Settings()
        return settings


def _check(settings: Settings) -> None:
    if settings.proxy not in PROXY_MODES:
        _check_proxy(settings.proxy)
    if settings.language is not None and not _LANGUAGE.fullmatch(settings.language):
        raise _invalid("language", "a language tag")
    if settings.appearance not in APPEARANCES:
        raise _invalid("appearance", f"one of {', '.join(APPEARANCES)}")


def _check_proxy(address: str) -> None:
    from keystead.proxy_address import parse_proxy

    try:
        parse_proxy(address)
    except InvalidInput as error:
        if error.code != "proxy_invalid":
            raise
        raise _invalid("proxy", "“system”, “none” or a proxy's address") from None
    # A word that is neither mode is a typing error rather than a host's name.
    if "://" not in address:
        raise _invalid("proxy", "“system”, “none” or a proxy's address")


def _invalid(name: str, due: str) -> InvalidInput:
    return InvalidInput(
        f"The setting “{name}” must be {due}.", code="invalid_setting", values={"setting": name}
    )
