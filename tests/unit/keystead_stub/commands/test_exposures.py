"""What flags, environment and config file say about how a backend is reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from keystead.errors import InvalidInput
from keystead_stub.commands import exposures
from keystead_stub.commands.exposures import CONTROL_TOKEN, PUBLIC_URL, TRUSTED_PROXIES
from keystead_stub.ops import config_file

HERE = "http://127.0.0.1:8787"
EVERYWHERE = ("0.0.0.0", "::", "192.0.2.7", "billing.example")  # noqa: S104
TEST_KEY = {"STRIPE_SECRET_KEY": "sk_test_51Habcdefgh"}
TOKEN = {CONTROL_TOKEN: "0123456789abcdef"}


@pytest.mark.parametrize("place", ["above the tables", "in the table"])
def test_a_flag_wins_over_the_environment_and_this_over_the_config_file(
    tmp_path: Path, place: str
) -> None:
    values = 'public_url = "https://file.example"\ntrusted_proxies = "10.0.0.0/8"\n'
    table = '[production]\nALLOWED_ORIGIN = "https://site.example"\n'
    file = tmp_path / "keystead-stub.toml"
    file.write_text(values + table if place == "above the tables" else table + values)
    config = config_file.read(file)
    environ = {PUBLIC_URL: "https://variable.example", TRUSTED_PROXIES: "10.1.0.0/16"}
    by_file = exposures.read({}, host="127.0.0.1", config=config).at(HERE)
    by_variable = exposures.read(environ, host="127.0.0.1", config=config).at(HERE)
    by_flag = exposures.read(
        environ,
        host="127.0.0.1",
        public_url="https://flag.example",
        trusted_proxies="10.1.1.0/24",
        config=config,
    ).at(HERE)
    assert [
        (one.public_url, str(one.trusted_proxies[0])) for one in (by_file, by_variable, by_flag)
    ] == [
        ("https://file.example", "10.0.0.0/8"),
        ("https://variable.example", "10.1.0.0/16"),
        ("https://flag.example", "10.1.1.0/24"),
    ]
    assert config.values == {"ALLOWED_ORIGIN": "https://site.example"}


def test_without_a_public_url_clients_use_the_address_that_is_listened_at() -> None:
    exposure = exposures.read({}, host="127.0.0.1").at(HERE)
    assert (exposure.public_url, exposure.behind_proxy) == (HERE, False)


@pytest.mark.parametrize("host", EVERYWHERE)
def test_a_simulation_is_reached_by_others_with_a_control_token_only(host: str) -> None:
    for environ in ({}, {PUBLIC_URL: "https://billing.example"}):
        with pytest.raises(InvalidInput) as refused:
            exposures.read(environ, host=host)
        assert refused.value.code == "not_loopback"
        assert CONTROL_TOKEN in (refused.value.remedy or "")
    assert exposures.read(TOKEN, host=host).control_token == TOKEN[CONTROL_TOKEN]


@pytest.mark.parametrize("host", EVERYWHERE)
def test_with_a_real_stripe_others_reach_it_by_its_public_url_only(host: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        exposures.read({**TEST_KEY, **TOKEN}, host=host)
    assert "--public-url" in (refused.value.remedy or "")
    environ = {**TEST_KEY, **TOKEN, PUBLIC_URL: "https://billing.example"}
    # Nothing is there that the token would open.
    assert exposures.read(environ, host=host).control_token is None


@pytest.mark.parametrize("token", ["changeme", "xxxx", "two words", "tökens-are-ascii", "a\tb"])
def test_a_token_that_no_header_can_hold_or_everybody_knows_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        exposures.read({CONTROL_TOKEN: token}, host="127.0.0.1")
    assert refused.value.code == "invalid_control_token"
    assert token not in refused.value.sentence


@pytest.mark.parametrize("name", ["public_url", "trusted_proxies"])
def test_a_value_in_the_config_file_has_to_be_a_text(tmp_path: Path, name: str) -> None:
    file = tmp_path / "keystead-stub.toml"
    file.write_text(f"{name} = 8787\n")
    with pytest.raises(InvalidInput) as refused:
        config_file.read(file)
    assert name in refused.value.sentence


def test_the_token_is_not_shown_where_an_exposure_is() -> None:
    exposure = exposures.read(TOKEN, host="127.0.0.1").at(HERE)
    assert TOKEN[CONTROL_TOKEN] not in repr(exposure)
    assert exposure.cookie_value not in repr(exposure)
