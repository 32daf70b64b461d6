"""The page with the settings."""

from __future__ import annotations

import msgspec

from keystead.errors import InvalidInput
from keystead.local_api import Settings
from keystead.proxy_address import parse_proxy
from keystead_client.accounts import account_sentence
from keystead_client.desktop.models.app_state import AppState, Operation, Problem, needs_sign_in
from keystead_client.desktop.models.catalog import tr
from keystead_client.languages import OWN_NAMES

SYSTEM, NONE, MANUAL = "system", "none", "manual"
PROXIES = (SYSTEM, NONE, MANUAL)
APPEARANCES = ("system", "light", "dark")


class Option(msgspec.Struct, frozen=True):
    value: str
    label: str
    chosen: bool


class AccountModel(msgspec.Struct, frozen=True, kw_only=True):
    """The account in words, if the billing service has sign-in."""

    sentence: str
    signed_in: bool
    enabled: bool


class SettingsModel(msgspec.Struct, frozen=True, kw_only=True):
    """``address`` is the manual proxy's, or empty.

    ``at_login`` is None until the system has answered. ``enabled`` is about the settings that the
    daemon keeps.
    """

    problem: Problem | None
    languages: tuple[Option, ...]
    at_login: bool | None
    notifications: bool
    proxies: tuple[Option, ...]
    address: str
    appearances: tuple[Option, ...]
    enabled: bool
    account: AccountModel | None = None


def settings_model(state: AppState) -> SettingsModel:
    """Build the page for a state; nothing can be changed before the settings have arrived."""
    chosen = state.settings or Settings()
    mode = chosen.proxy if chosen.proxy in (SYSTEM, NONE) else MANUAL
    return SettingsModel(
        problem=state.settings_problem,
        languages=_languages(chosen.language),
        at_login=state.at_login,
        notifications=chosen.notifications,
        proxies=_options("proxy", PROXIES, mode),
        address=chosen.proxy if mode == MANUAL else "",
        appearances=_options("appearance", APPEARANCES, chosen.appearance),
        # Not disabled while a change is sent: a disabled control loses the keyboard focus.
        enabled=state.connected and state.settings is not None,
        account=_account(state),
    )


def _account(state: AppState) -> AccountModel | None:
    view = state.view
    if view is None or not view.capabilities.sign_in:
        return None
    return AccountModel(
        sentence=account_sentence(view.account, tr),
        signed_in=not needs_sign_in(view),
        enabled=state.connected and not state.in_progress & {Operation.SIGN_IN, Operation.SIGN_OUT},
    )


def proxy_problem(text: str) -> str | None:
    """Return what is wrong with a proxy's address, None if it can be used."""
    try:
        parse_proxy(text)
    except InvalidInput as error:
        if error.code != "proxy_invalid":
            return tr(f"refused.{error.code}.next")
        return tr("proxy.invalid")
    return None if "://" in text else tr("proxy.invalid")


def _languages(chosen: str | None) -> tuple[Option, ...]:
    system = Option(SYSTEM, tr("language.system"), chosen not in OWN_NAMES)
    own = (Option(one, name, one == chosen) for one, name in OWN_NAMES.items())
    return (system, *own)


def _options(group: str, values: tuple[str, ...], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(one, tr(f"{group}.{one}"), one == chosen) for one in values)
