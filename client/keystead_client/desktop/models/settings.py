"""The screen with what a person may choose."""

from __future__ import annotations

import re

import msgspec

from keystead.local_api import Settings
from keystead_client.desktop.models.known import Doing, Known, Trouble
from keystead_client.desktop.models.words import WORDS

SYSTEM, NONE, MANUAL = "system", "none", "manual"
PROXIES = (SYSTEM, NONE, MANUAL)
APPEARANCES = ("system", "light", "dark")
_PROXY = re.compile(r"(?:https?|socks5h?)://[^\s/]{1,255}/?", re.ASCII)


class Option(msgspec.Struct, frozen=True):
    value: str
    label: str
    chosen: bool


class SettingsModel(msgspec.Struct, frozen=True, kw_only=True):
    """``address`` is the manual proxy's, or empty."""

    trouble: Trouble | None
    proxies: tuple[Option, ...]
    address: str
    appearances: tuple[Option, ...]
    enabled: bool


def settings_model(known: Known) -> SettingsModel:
    """The screen for what is known; before the settings are, nothing can be chosen."""
    chosen = known.settings or Settings()
    mode = chosen.proxy if chosen.proxy in (SYSTEM, NONE) else MANUAL
    return SettingsModel(
        trouble=known.settings_trouble,
        proxies=_options("proxy", PROXIES, mode),
        address=chosen.proxy if mode == MANUAL else "",
        appearances=_options("appearance", APPEARANCES, chosen.appearance),
        enabled=known.up and known.settings is not None and Doing.SETTINGS not in known.doing,
    )


def is_proxy(text: str) -> bool:
    """Whether this names a proxy: a scheme, a host and perhaps a port."""
    return _PROXY.fullmatch(text) is not None


def _options(group: str, values: tuple[str, ...], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(one, WORDS(f"{group}.{one}"), one == chosen) for one in values)
