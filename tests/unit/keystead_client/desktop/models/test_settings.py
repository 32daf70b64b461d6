"""The settings screen, for what is known."""

from __future__ import annotations

import pytest

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.local_api import Account, Settings
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.settings import Option, proxy_problem, settings_model
from keystead_client.languages import LANGUAGES
from support import activations


def chosen(options: tuple[Option, ...]) -> list[str]:
    return [one.value for one in options if one.chosen]


def test_settings_are_disabled_until_they_have_arrived() -> None:
    settings, changing = Settings(), frozenset({Operation.SETTINGS})
    assert not settings_model(AppState(connected=True)).enabled
    assert not settings_model(AppState(connected=False, settings=settings)).enabled
    assert settings_model(AppState(connected=True, settings=settings)).enabled
    # The keyboard stays where it is while a choice is being kept.
    assert settings_model(AppState(connected=True, settings=settings, in_progress=changing)).enabled


@pytest.mark.parametrize(
    ("proxy", "mode", "address"),
    [
        ("system", "system", ""),
        ("none", "none", ""),
        ("http://proxy:3128", "manual", "http://proxy:3128"),
    ],
)
def test_a_proxy_is_a_mode_or_an_address(proxy: str, mode: str, address: str) -> None:
    model = settings_model(AppState(connected=True, settings=Settings(proxy=proxy)))
    assert (chosen(model.proxies), model.address) == ([mode], address)


@pytest.mark.parametrize(
    ("language", "shown"), [(None, "system"), ("ja", "ja"), ("zh_CN", "zh_CN"), ("tlh", "system")]
)
def test_an_unsupported_language_is_shown_as_the_system_s(language: str | None, shown: str) -> None:
    model = settings_model(AppState(connected=True, settings=Settings(language=language)))
    assert chosen(model.languages) == [shown]


def test_languages_are_listed_by_their_own_names() -> None:
    _, *named = settings_model(AppState(connected=True)).languages
    assert {one.value for one in named} == LANGUAGES.keys()
    assert [one.label for one in named if one.value in ("de", "ar")] == ["Deutsch", "العربية"]


def test_start_at_login_is_unknown_until_the_system_answers() -> None:
    assert settings_model(AppState(connected=True, settings=Settings())).at_login is None
    assert settings_model(AppState(at_login=True)).at_login is True


def test_the_appearance_that_was_chosen_is_shown() -> None:
    model = settings_model(AppState(connected=True, settings=Settings(appearance="dark")))
    assert chosen(model.appearances) == ["dark"]


def test_a_problem_is_shown() -> None:
    problem = Problem("The setting could not be kept.")
    assert settings_model(AppState(connected=True, settings_problem=problem)).problem == problem


@pytest.mark.parametrize(
    "text", ["http://proxy:3128", "https://proxy", "socks5://127.0.0.1:1080/", "socks5h://proxy"]
)
def test_valid_proxies_are_accepted(text: str) -> None:
    assert proxy_problem(text) is None


@pytest.mark.parametrize(
    "text", ["", "proxy:3128", "ftp://proxy", "http://", "http://a b", "http://proxy/path"]
)
def test_invalid_proxies_are_refused(text: str) -> None:
    assert proxy_problem(text) == tr("proxy.invalid")


@pytest.mark.parametrize(
    ("text", "code"),
    [("http://wpad/proxy.pac", "proxy_is_pac"), ("http://me:p#s@proxy:3128", "proxy_password")],
)
def test_what_to_enter_instead_is_shown(text: str, code: str) -> None:
    assert proxy_problem(text) == tr(f"refused.{code}.next")


def test_the_account_is_shown_where_the_service_has_sign_in() -> None:
    able = CAPABILITIES_BY_API["crow"]
    ada = Account(signed_in=True, subject="Ada")
    view = activations.active(account=ada, capabilities=able)
    shown = settings_model(AppState(connected=True, view=view)).account
    assert shown is not None
    assert (shown.sentence, shown.signed_in, shown.enabled) == (
        tr("account.signed_in.as", subject="Ada"),
        True,
        True,
    )
    busy = frozenset({Operation.SIGN_OUT})
    leaving = settings_model(AppState(connected=True, view=view, in_progress=busy)).account
    assert leaving is not None
    assert not leaving.enabled
    assert settings_model(AppState(connected=True, view=activations.active())).account is None
