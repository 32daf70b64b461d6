"""Secrets and variables by their contract names, and what blocks live payments."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.encoding import b64u_encode
from keystead.errors import InvalidInput
from keystead_stub.settings import (
    CONFIRMATIONS,
    SECRETS,
    Settings,
    blockers,
    deployability,
    is_placeholder,
)

URL = "http://127.0.0.1:8787"
SEED = b64u_encode(bytes(range(32)))
READY = {
    "STRIPE_SECRET_KEY": "sk_live_51Keystead",
    "STRIPE_WEBHOOK_SECRET": "whsec_keystead",
    "NYRA_STRIPE_PRICE_PRO_MONTHLY": "price_1Keystead",
    "NYRA_BILLING_SUCCESS_URL": "https://nyra.example/success",
    "NYRA_BILLING_CANCEL_URL": "https://nyra.example/cancel",
    "NYRA_BILLING_RETURN_URL": "https://nyra.example/return",
    "NYRA_LICENSE_API_TOKEN": "t" * 40,
    "NYRA_LICENSE_SIGNING_SECRET": SEED,
    "ALLOWED_ORIGIN": "https://nyra.example",
    **dict.fromkeys(CONFIRMATIONS, "2024-02-29"),
}


def load(environ: dict[str, str]) -> Settings:
    return Settings.load(environ, url=URL, random=lambda count: bytes(range(1, count + 1)))


def test_missing_settings_are_generated_and_listed() -> None:
    settings = load({})
    assert set(settings.generated) == set(SECRETS) - {"STRIPE_SECRET_KEY"}
    assert settings.missing_secrets() == []
    assert settings.mode == "simulated"
    assert settings.success_url.startswith(f"{URL}/checkout/success")
    assert settings.signing_keys()[0].public


def test_given_settings_are_kept() -> None:
    settings = load(READY)
    assert settings.generated == ()
    assert settings.license_api_token == READY["NYRA_LICENSE_API_TOKEN"]


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        ("", "simulated"),
        ("sk_test_placeholder", "simulated"),
        ("sk_live_xxxxxxxx", "simulated"),
        ("sk_test_...", "simulated"),
        ("<your key>", "simulated"),
        ("nonsense", "simulated"),
        ("sk_test_51Abc", "test"),
        ("rk_test_51Abc", "test"),
        ("sk_live_51Abc", "live"),
        ("rk_live_51Abc", "live"),
    ],
)
def test_the_stripe_secret_key_decides_the_mode(key: str, mode: str) -> None:
    assert load({"STRIPE_SECRET_KEY": key}).mode == mode


@given(st.binary(min_size=24, max_size=32))
def test_generated_secrets_are_never_placeholders(raw: bytes) -> None:
    if any(raw):
        assert not is_placeholder(b64u_encode(raw).replace("A", "B"))


def test_only_a_complete_live_configuration_is_deployable() -> None:
    assert deployability(load(READY)) == "GO"
    for name in READY:
        reasons = blockers(load({**READY, name: ""}))
        assert any(name in reason for reason in reasons), name
        assert deployability(load({**READY, name: ""})) == "NO_GO_LIVE_MONEY"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NYRA_BILLING_SUCCESS_URL", "http://nyra.example/success"),
        ("STRIPE_API_VERSION", "2019-01-01"),
        ("STRIPE_API_URL", "http://127.0.0.1:1"),
        ("STRIPE_SECRET_KEY", "sk_test_51Abc"),
    ],
)
def test_a_wrong_setting_blocks_live_payments(name: str, value: str) -> None:
    reasons = blockers(load({**READY, name: value}))
    assert [reason for reason in reasons if name in reason]
    assert not [reason for reason in reasons if value in reason]


@pytest.mark.parametrize("name", CONFIRMATIONS)
@pytest.mark.parametrize(
    "date", ["", "yes", "2024-02-30", "2024-3-1", "20240301", "\u0662024-02-28", "2024-03-02"]
)
def test_a_confirmation_needs_a_date_that_has_come(name: str, date: str) -> None:
    settings = Settings.load(
        {**READY, name: date}, url=URL, random=bytes, latest=datetime.date(2024, 3, 1)
    )
    (reason,) = blockers(settings)
    assert reason == f"{CONFIRMATIONS[name]} is not confirmed ({name})"
    assert deployability(settings) == "NO_GO_LIVE_MONEY"


def test_a_database_in_memory_blocks_live_payments() -> None:
    settings = msgspec.structs.replace(load(READY), in_memory=True)
    assert blockers(settings) == ["the database is in memory"]


@pytest.mark.parametrize("seed", ["", "x", "A" * 42, "A" * 44, "ü" * 43, SEED + "="])
def test_an_invalid_signing_secret_is_refused_without_being_shown(seed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Settings(license_signing_secret=seed).signing_keys()
    assert refused.value.code == "invalid_signing_secret"
    assert not seed or seed not in refused.value.sentence


OTHER_SEED = b64u_encode(bytes(range(1, 33)))


def test_the_first_of_several_signing_secrets_signs() -> None:
    settings = Settings(license_signing_secret=f"{OTHER_SEED} , {SEED}")
    assert settings.signing_secrets == (OTHER_SEED, SEED)
    first, second = settings.signing_keys()
    assert first.public == Settings(license_signing_secret=OTHER_SEED).signing_keys()[0].public
    assert second.public == Settings(license_signing_secret=SEED).signing_keys()[0].public


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (f"{SEED},not-a-seed-of-mine", "Secret 2 of 2"),
        (f"not-a-seed-of-mine,{SEED}", "Secret 1 of 2"),
        (f"{SEED},{OTHER_SEED},not-a-seed-of-mine", "Secret 3 of 3"),
        (f"{SEED},", "Secret 2 of 2"),
        (f",{SEED}", "Secret 1 of 2"),
        (f"{SEED},<not-a-seed-of-mine>", "Secret 2 of 2"),
        (f"{SEED},{OTHER_SEED},{SEED}", "Secret 3 of 3"),
        (f"{SEED} {OTHER_SEED}", "NYRA_LICENSE_SIGNING_SECRET is"),
    ],
)
def test_a_bad_signing_secret_among_several_is_named_by_its_position(
    given: str, named: str
) -> None:
    # A real secret beside a bad one is never replaced by a generated one.
    settings = load({"NYRA_LICENSE_SIGNING_SECRET": given})
    with pytest.raises(InvalidInput) as refused:
        settings.signing_keys()
    assert refused.value.code == "invalid_signing_secret"
    assert refused.value.sentence.startswith(named)
    assert "NYRA_LICENSE_SIGNING_SECRET" in refused.value.sentence
    shown = f"{refused.value.sentence}{refused.value.remedy}"
    assert not [part for part in (SEED, OTHER_SEED, "not-a-seed-of-mine") if part in shown]


def test_a_real_webhook_secret_beside_an_example_is_kept() -> None:
    settings = load({"STRIPE_WEBHOOK_SECRET": "whsec_real,whsec_your_secret"})
    assert settings.webhook_secrets == ("whsec_real",)
    assert "STRIPE_WEBHOOK_SECRET" not in settings.generated


@pytest.mark.parametrize("value", ["", "<your key, from Stripe>", "whsec_xxx,whsec_...", "a <b>"])
def test_examples_from_templates_count_as_not_set(value: str) -> None:
    assert is_placeholder(value)


def test_printed_settings_show_no_secret() -> None:
    shown = repr(load(READY))
    assert not [value for value in READY.values() if value in shown]


def test_a_webhook_secret_can_be_rotated() -> None:
    settings = Settings(stripe_webhook_secret="whsec_old, whsec_new")
    assert settings.webhook_secrets == ("whsec_old", "whsec_new")


def test_a_documented_other_name_of_the_stripe_key_is_taken() -> None:
    assert load({"STRIPE_API_KEY": "sk_test_51Abc"}).stripe_secret_key == "sk_test_51Abc"
    example = {"STRIPE_API_KEY": "sk_test_placeholder", "STRIPE_SECRET_KEY": "sk_live_51Abc"}
    assert load(example).mode == "live"
    both = {"STRIPE_API_KEY": "sk_test_51Abc", "STRIPE_SECRET_KEY": "sk_test_51Abc"}
    assert load(both).mode == "test"
    over = {"STRIPE_API_KEY": "sk_test_51Abc", "STRIPE_SECRET_KEY": "sk_test_placeholder"}
    assert load(over).mode == "test"


def test_two_different_stripe_keys_are_refused_without_being_shown() -> None:
    keys = {"STRIPE_API_KEY": "sk_test_51One", "STRIPE_SECRET_KEY": "sk_test_51Two"}
    with pytest.raises(InvalidInput) as refused:
        load(keys)
    assert refused.value.code == "conflicting_settings"
    assert "51" not in f"{refused.value.sentence}{refused.value.remedy}"


@pytest.mark.parametrize(
    ("given", "blocked"),
    [
        ({"ENVIRONMENT": "dev"}, True),
        ({"ENVIRONMENT": "prod"}, False),
        ({"ENVIRONMENT": "Production"}, False),
        ({"AUTH_CLIENT_URL": "http://auth.example"}, True),
        ({"AUTH_CLIENT_URL": "https://auth.example"}, False),
    ],
)
def test_live_payments_need_a_production_environment_and_secure_pages(
    given: dict[str, str], blocked: bool
) -> None:
    ready, now = blockers(load(READY)), blockers(load(READY | given))
    assert [reason for reason in now if reason.startswith(tuple(given))] == [
        reason for reason in now if reason not in ready
    ]
    assert (len(now) > len(ready)) is blocked
