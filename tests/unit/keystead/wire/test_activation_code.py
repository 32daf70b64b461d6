"""The activation code: it decodes to the same license, and typing errors are detected."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keystead import trust
from keystead.documents import License, issue, read
from keystead.encoding import b64u_decode, b64u_encode
from keystead.entitlement import Entitlement, OfflineGrace
from keystead.errors import InvalidDocument, InvalidInput
from keystead.instants import DAY_MS, MAX_MS, iso, to_ms, to_seconds
from keystead.keys import KeySet, SigningKey
from keystead.wire import activation_code, base32_groups
from keystead.wire.activation_code import CodeContext, decode, encode, is_code, issued_at, jti_for
from keystead.wire.bit_codec import BitWriter
from keystead.wire.code_claims import claims_of, write_claims
from keystead.wire.offline import OfflineRequest
from support.documents import BACKEND, DEVICE, KEYS, NOW_MS, OTHER_DEVICE, STRANGER, make_license
from support.nightly import examples

ISSUER = "https://billing.example"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def request_of(device: SigningKey = DEVICE, *, ago_s: int = 300, nonce: int = 7) -> OfflineRequest:
    return OfflineRequest(
        aud="nyra",
        device_id=device.thumbprint,
        device_name="press room",
        iat=to_seconds(NOW_MS) - ago_s,
        nonce=b64u_encode(bytes([nonce]) * 24),
    )


def supposed(request: OfflineRequest) -> CodeContext:
    return CodeContext(request=request, issuers=(ISSUER,))


def answer(request: OfflineRequest, key: SigningKey = BACKEND, **changes: Any) -> str:
    """Issue a license for a request in the form that has an activation code."""
    iat = issued_at(to_seconds(NOW_MS), request)
    license = make_license(**{"sub": "cus_9fK2mQ7xLr0ZbT"} | changes)
    paid = license.entitlement
    if paid is not None and "entitlement" not in changes:
        paid = msgspec.structs.replace(paid, price_id=None)
    license = msgspec.structs.replace(
        license,
        iat=iat,
        jti=jti_for(iat, request.nonce),
        nonce=request.nonce,
        device_id=request.device_id,
        cnf=msgspec.structs.replace(license.cnf, jkt=request.device_id),
        entitlement=paid,
    )
    return issue(license, key)


def test_a_code_decodes_to_the_license_byte_for_byte() -> None:
    request = request_of()
    license = answer(request)
    code = encode(license, request)
    assert decode(code, supposed(request), KEYS) == license
    assert trust.verify_license(license, keys=KEYS, product="nyra").active
    assert len(code.split()) == 33
    assert all(len(group) == 5 for group in code.split())


def test_a_code_of_an_earlier_release_is_still_decoded() -> None:
    """If this fails, the format or the documents' fields changed and need a new version."""
    request = request_of()
    assert encode(answer(request), request) == GOLDEN


seconds = st.integers(min_value=1, max_value=400 * 86_400)
words = st.text(alphabet="abcdefghij-é", min_size=1, max_size=9)
entitlements = st.builds(
    Entitlement,
    key=st.sampled_from(["pro", "team"]) | words,
    features=st.lists(st.sampled_from(["export", "sync"]) | words, max_size=9).map(tuple),
    seats=st.integers(min_value=1, max_value=1000),
    modules=st.dictionaries(words, st.integers(0, 9) | st.booleans(), max_size=2),
    price_id=st.none() | words,
    current_period_end=st.none() | seconds.map(lambda s: NOW_MS // 1000 * 1000 + s * 1000),
    cancel_at_period_end=st.booleans(),
)


@st.composite
def licenses(draw: st.DrawFn) -> tuple[str, OfflineRequest]:
    request = request_of(ago_s=draw(st.integers(min_value=-(10**9), max_value=10**9)))
    end_ms = to_ms(to_seconds(NOW_MS) + draw(seconds))
    active = draw(st.booleans())
    license = answer(
        request,
        sub=draw(st.sampled_from(["cus_00000000000000", "cus_1", "kunde ü", "cus_zzzzzzzzzzzzzz"])),
        active=active,
        status=draw(st.sampled_from(["active", "trialing", "past_due", "frozen"])),
        entitlement=draw(entitlements) if active else draw(st.none() | entitlements),
        exp=to_seconds(end_ms),
        offline_grace=OfflineGrace(seconds=draw(seconds), ends_at=end_ms, ends_at_iso=iso(end_ms)),
        refresh_after_seconds=draw(st.just(21_600) | seconds),
    )
    return license, request


@given(licenses())
def test_every_license_issued_for_a_code_round_trips(made: tuple[str, OfflineRequest]) -> None:
    license, request = made
    code = encode(license, request)
    assert decode(code, supposed(request), KEYS) == license
    typed = base32_groups.parse_groups(code)
    assert activation_code.expected_groups(typed) == len(typed.groups)


@settings(max_examples=examples(100, 1000))
@given(st.integers(0, 33 * 5 - 1), st.sampled_from(ALPHABET))
def test_a_wrong_character_is_detected_in_its_group(place: int, letter: str) -> None:
    plain = GOLDEN.replace(" ", "")
    altered = plain[:place] + letter + plain[place + 1 :]
    if altered == plain:
        return
    assert base32_groups.parse_groups(altered).wrong == (place // 5 + 1,)
    with pytest.raises(InvalidDocument) as refused:
        decode(altered, supposed(request_of()), KEYS)
    assert refused.value.code == "code_mistyped"
    assert f"Group {place // 5 + 1} " in refused.value.sentence


@given(st.integers(0, 32), st.integers(0, 3))
def test_two_transposed_characters_are_detected(group: int, at: int) -> None:
    plain = GOLDEN.replace(" ", "")
    first = group * 5 + at
    swapped = plain[:first] + plain[first + 1] + plain[first] + plain[first + 2 :]
    assert base32_groups.parse_groups(swapped).wrong == ((group + 1,) if swapped != plain else ())


@given(st.permutations(range(33)))
def test_reordered_groups_are_refused(order: list[int]) -> None:
    original = GOLDEN.split()
    shuffled = [original[place] for place in order]
    if shuffled == original:
        return
    with pytest.raises(InvalidDocument):
        decode(" ".join(shuffled), supposed(request_of()), KEYS)


@given(st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ -", max_size=200))
def test_random_text_is_refused_as_a_code(text: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode(text, supposed(request_of()), KEYS)
    assert refused.value.sentence.endswith(".")


@given(st.integers(0, (1 << 700) - 1), st.integers(1, 700))
def test_random_bits_are_refused_as_a_code(value: int, length: int) -> None:
    code = base32_groups.encode_groups(value & (1 << length) - 1, length)
    with pytest.raises(InvalidDocument) as refused:
        decode(code, supposed(request_of()), KEYS)
    assert refused.value.code in {"code_incomplete", "code_unknown", "code_elsewhere"}


def test_case_and_separators_and_similar_letters_are_accepted() -> None:
    request = request_of()
    kindly = GOLDEN.lower().replace(" ", "-\n").replace("0", "o").replace("1", "l")
    assert decode(kindly, supposed(request), KEYS) == answer(request)


@pytest.mark.parametrize(
    ("request_", "keys", "issuer"),
    [
        (request_of(OTHER_DEVICE), KEYS, ISSUER),
        (request_of(nonce=8), KEYS, ISSUER),
        (request_of(ago_s=360), KEYS, ISSUER),
        (request_of(), KeySet([STRANGER.public_key]), ISSUER),
        (request_of(), KEYS, "https://other.example"),
    ],
    ids=["other device", "other nonce", "earlier request", "unknown signer", "other backend"],
)
def test_a_code_for_another_computer_or_request_is_refused(
    request_: OfflineRequest, keys: KeySet, issuer: str
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode(GOLDEN, CodeContext(request=request_, issuers=(issuer,)), keys)
    assert refused.value.code == "code_elsewhere"


def test_every_pinned_key_and_issuer_is_tried() -> None:
    request = request_of()
    keys = KeySet([STRANGER.public_key, BACKEND.public_key])
    both = CodeContext(request=request, issuers=("https://other.example", ISSUER))
    assert decode(GOLDEN, both, keys) == answer(request)


def test_a_truncated_or_too_long_code_is_refused() -> None:
    parts = GOLDEN.split()
    for text, code in (
        (" ".join(parts[:-1]), "code_incomplete"),
        (GOLDEN[:-1], "code_incomplete"),
        ("", "code_incomplete"),
        (GOLDEN + " " + base32_groups.encode_groups(0, 34 * 20).split()[33], "code_elsewhere"),
    ):
        with pytest.raises(InvalidDocument) as refused:
            decode(text, supposed(request_of()), KEYS)
        assert refused.value.code == code


def test_the_length_of_a_code_is_known_from_its_first_groups() -> None:
    parts = GOLDEN.split()
    known = [
        activation_code.expected_groups(base32_groups.parse_groups(" ".join(parts[:n])))
        for n in range(34)
    ]
    assert known[2] is None
    assert known[9:] == [33] * 25


def test_a_license_that_cannot_be_restored_has_no_code() -> None:
    request = request_of()
    for other in (
        issue(make_license(), BACKEND),
        answer(request, key=BACKEND, nbf=to_seconds(NOW_MS)),
        "no.license.here",
        "",
    ):
        with pytest.raises(InvalidInput) as refused:
            encode(other, request)
        assert refused.value.code == "no_code"


def test_a_yearly_plan_with_seats_takes_at_most_two_more_groups() -> None:
    request = request_of(ago_s=86_400)
    paid = make_license().entitlement
    assert paid is not None
    end_ms = NOW_MS // 1000 * 1000 + 366 * DAY_MS
    boundary_ms = end_ms + 3 * DAY_MS
    yearly = msgspec.structs.replace(paid, price_id=None, seats=25, current_period_end=end_ms)
    license = answer(
        request,
        entitlement=yearly,
        exp=to_seconds(boundary_ms),
        offline_grace=OfflineGrace(
            seconds=259_200, ends_at=boundary_ms, ends_at_iso=iso(boundary_ms)
        ),
    )
    assert len(encode(license, request).split()) <= 35


def test_a_license_file_is_not_taken_for_a_code() -> None:
    assert is_code(GOLDEN)
    assert is_code("K7M2")
    assert not is_code(answer(request_of()))
    assert not is_code("{}")
    assert not is_code("")


def test_licenses_of_one_request_are_ordered_by_time_of_issue() -> None:
    request = request_of()
    first, later = (issued_at(to_seconds(NOW_MS) + s, request) for s in (0, 60))
    assert trust.Newest(first, jti_for(first, request.nonce)) < trust.Newest(
        later, jti_for(later, request.nonce)
    )
    assert isinstance(make_license(), License)


GOLDEN = (
    "46GS2 JWV97 A4XES CVWGD 627R2 2AC2Z RY6GH 1AH9D AY29D 66TV6 FNWHD 85MBQ REX9P 7A4RW "
    "GVEAH N67AW 87FCJ Z2KCQ 2TFPB 2T96K A39MB V621R 529YP SFFDW K00AV 33B0P 30NZD S99GQ "
    "KJHT0 3DX8Z JGQ59 EPAC3 56C0G"
)


def test_a_code_that_ends_within_its_signature_is_incomplete() -> None:
    out = BitWriter()
    request = request_of()
    license = read(License, b64u_decode(answer(request).split(".")[1]))
    write_claims(out, claims_of(license), request.iat)
    with pytest.raises(InvalidDocument) as refused:
        decode(base32_groups.encode_groups(out.value, out.length), supposed(request), KEYS)
    assert refused.value.code == "code_incomplete"


def test_a_boundary_out_of_range_is_refused() -> None:
    out = BitWriter()
    request = request_of()
    license = read(License, b64u_decode(answer(request).split(".")[1]))
    claims = msgspec.structs.replace(
        claims_of(license), entitlement=None, ends_at=to_ms(MAX_MS), status="canceled"
    )
    write_claims(out, claims, request.iat)
    out.bits(0, 509)
    with pytest.raises(InvalidDocument) as refused:
        decode(base32_groups.encode_groups(out.value, out.length), supposed(request), KEYS)
    assert refused.value.code == "code_elsewhere"


def test_bits_that_encode_no_claims_are_refused() -> None:
    out = BitWriter()
    out.bits(1, 3)
    out.signed(5)
    out.flag(True)
    out.text("cus_1")
    out.flag(False)
    out.flag(True)
    out.bits(14, 4)
    out.bits(0, 900)
    with pytest.raises(InvalidDocument) as refused:
        decode(base32_groups.encode_groups(out.value, out.length), supposed(request_of()), KEYS)
    assert refused.value.code == "code_elsewhere"
