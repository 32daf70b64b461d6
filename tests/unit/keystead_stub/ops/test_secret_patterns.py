"""Secrets are detected in any notation, and answers of the form are validated."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead_stub.ops.production_values import FIELDS, NAMES, checked, decide
from keystead_stub.ops.secret_patterns import find_secret
from keystead_stub.settings import CONFIRMATIONS

ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
TAILS = st.text(ALPHABET, min_size=16, max_size=60)
PREFIXES = ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_", "rk_", "whsec_")
STRIPES = st.builds(str.__add__, st.sampled_from(PREFIXES), TAILS)
TOKENS = st.builds(
    lambda claims, key, headers: jwt.encode(claims, key.rjust(64, "k"), headers=headers),
    st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3),
    TAILS,
    st.dictionaries(st.sampled_from(["kid", "x"]), st.text(ALPHABET, max_size=9)),
)


def _pem(key: Any, form: PrivateFormat) -> str:
    return str(key.private_bytes(Encoding.PEM, form, NoEncryption()).decode())


PEMS = [
    _pem(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))), PrivateFormat.PKCS8),
    _pem(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))), PrivateFormat.OpenSSH),
    _pem(rsa.generate_private_key(65537, 2048), PrivateFormat.TraditionalOpenSSL),
]
SECRETS = STRIPES | TOKENS | st.sampled_from(PEMS)


def _everywhere(secret: str, before: str, after: str) -> list[dict[str, Any]]:
    inside = before + secret + after
    return [
        {"ALLOWED_ORIGIN": inside},
        {"ALLOWED_ORIGIN": f"https://a.example/?next={quote(secret, safe='')}"},
        {"ALLOWED_ORIGIN": quote(quote(inside, safe=""), safe="")},
        {"ALLOWED_ORIGIN": [1, [before, inside]]},
        {"ALLOWED_ORIGIN": {"deep": {"deeper": inside}}},
        {"ALLOWED_ORIGIN": {inside: 1}},
        {"nothing_we_ask": inside},
        {inside: "https://a.example"},
    ]


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_text_that_contains_a_secret_is_rejected_and_not_quoted(
    secret: str, before: str, after: str
) -> None:
    for answers in _everywhere(secret, before, after):
        with pytest.raises(InvalidInput) as refused:
            decide(answers, {})
        assert refused.value.code == "secret_refused"
        said = "".join(map(str, (*refused.value.args, refused.value.remedy, refused.value.values)))
        assert secret not in said
        assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "text",
    [
        "ｓｋ＿live_abcdefgh",
        "sk\u200b_live_abcdefgh",
        "SK_LIVE_ABCDEFGH",
        "wh\u00adsec_abc",
        "eyAiYWxnIjogIm5vbmUiIH0.e30.",
        "postgresql://ada:swordfish@db.example/nyra",
        "postgresql://db.example/nyra?password=swordfish",
        '{"kty": "OKP", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}',
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
        ["sk_li", "ve_abcdefgh"],
    ],
)
def test_other_notations_of_secrets_are_detected(text: Any) -> None:
    assert find_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://nyra.example/desk_1?task_list=work_2&disk_3",
        "https://eyeglasses.example.com/a.b.c",
        "https://nyra.example:8443/a@b",
        "postgresql+psycopg://billing@db.example:5432/nyra?sslmode=require",
        "pk_live_abcdefgh",
        "price_1PQRSTUVWXYZabcdefghijkl",
        "2026-02-25.clover",
        "-----BEGIN PUBLIC KEY-----",
        "https://nyra.example/thanks?session_id={CHECKOUT_SESSION_ID}",
    ],
)
def test_similar_texts_are_not_secrets(text: str) -> None:
    assert find_secret(text) is None


def test_a_long_text_is_searched_in_linear_time() -> None:
    assert find_secret("ey" * 32_000) is None


GOOD = {
    "ALLOWED_ORIGIN": "https://nyra.example",
    "NYRA_DATABASE_ID": "postgresql+psycopg://billing@db.example/nyra",
    "STRIPE_API_VERSION": "2026-02-25.clover",
    "NYRA_BILLING_SUCCESS_URL": "https://nyra.example/thanks?s={CHECKOUT_SESSION_ID}",
    "NYRA_BILLING_CANCEL_URL": "https://nyra.example/",
    "NYRA_BILLING_RETURN_URL": "https://nyra.example:8443/account",
    **dict.fromkeys(CONFIRMATIONS, "2024-02-29"),
}


def test_each_field_of_the_form_is_applied_waiting_or_invalid() -> None:
    outcome = decide(GOOD, {})
    assert (outcome.applied, outcome.waiting, outcome.needs_fix) == (NAMES, (), ())
    assert outcome.values == GOOD
    nothing = decide({"ALLOWED_ORIGIN": "  ", "NYRA_DATABASE_ID": "<your database>"}, {})
    assert (nothing.applied, nothing.waiting, nothing.values) == ((), NAMES, {})
    kept = decide({"ALLOWED_ORIGIN": ""}, GOOD)
    assert (kept.applied, kept.values) == (NAMES, GOOD)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ALLOWED_ORIGIN", "http://nyra.example"),
        ("ALLOWED_ORIGIN", "https://nyra.example/"),
        ("ALLOWED_ORIGIN", "https://[nyra"),
        ("ALLOWED_ORIGIN", "https://*.nyra.example"),
        ("ALLOWED_ORIGIN", ["https://nyra.example"]),
        ("ALLOWED_ORIGIN", 7),
        ("NYRA_BILLING_SUCCESS_URL", "nyra.example"),
        ("NYRA_BILLING_SUCCESS_URL", "https://nyra.example:port/"),
        ("NYRA_BILLING_CANCEL_URL", "https://ada@nyra.example/"),
        ("NYRA_BILLING_CANCEL_URL", "https://nyra.example/a b"),
        ("NYRA_BILLING_RETURN_URL", "javascript:alert(1)"),
        ("NYRA_BILLING_RETURN_URL", "https://nyra.example/" + "a" * 500),
        ("STRIPE_API_VERSION", "2019-01-01"),
        ("NYRA_DATABASE_ID", "a\nb"),
        ("NYRA_CONFIRMED_REVIEW", "yes"),
        ("NYRA_CONFIRMED_REVIEW", "29.2.2024"),
        ("NYRA_CONFIRMED_REVIEW", "2024-02-29T10:00"),
        ("NYRA_CONFIRMED_REVIEW", datetime(2024, 2, 29, tzinfo=UTC)),
        ("NYRA_CONFIRMED_REVIEW", True),
        ("NYRA_CONFIRMED_REVIEW", "2024-03-02"),
    ],
)
def test_an_invalid_value_has_a_message_and_is_not_written(name: str, answer: Any) -> None:
    outcome = decide(GOOD | {name: answer}, {name: "as before"}, latest=date(2024, 3, 1))
    (fix,) = outcome.needs_fix
    assert (fix.name, outcome.values[name]) == (name, "as before")
    assert str(answer) not in fix.sentence
    assert fix.sentence.endswith(".")


def test_a_date_of_toml_confirms_like_its_text() -> None:
    for name in CONFIRMATIONS:
        outcome = decide({name: date(2024, 2, 29)}, {}, latest=date(2024, 2, 29))
        assert (outcome.applied, outcome.values) == ((name,), {name: "2024-02-29"})


def test_an_unknown_name_is_rejected() -> None:
    with pytest.raises(InvalidInput, match="STRIPE_API_URL") as refused:
        decide({**GOOD, "STRIPE_API_URL": "https://elsewhere.example"}, {})
    assert refused.value.code == "unknown_answer"
    with pytest.raises(InvalidInput) as hidden:
        decide({"a name\nwith a break": 1}, {})
    assert "break" not in hidden.value.sentence


def test_every_field_has_a_label_and_a_hint() -> None:
    assert all(field.label and field.hint for field in FIELDS)


def test_nested_percent_encoding_is_decoded_a_limited_number_of_times() -> None:
    assert find_secret("100%" + "25" * 9) is None


def test_a_config_file_is_valid_as_a_whole_or_not_at_all() -> None:
    assert checked({}) == {}
    with pytest.raises(InvalidInput) as refused:
        checked({NAMES[0]: 7})
    assert refused.value.code == "needs_fix"
