"""The claims in an activation code: round trips, and the refusal of invalid ones."""

import msgspec
import pytest

from keystead.errors import InvalidDocument
from keystead.instants import MINUTE_MS
from keystead.wire.bit_codec import BitReader, BitWriter
from keystead.wire.code_claims import Claims, claims_of, read_claims, write_claims
from support.documents import NOW_MS, make_license

MINUTE_S = MINUTE_MS // 1000
LICENSE = make_license()
ASKED_S = LICENSE.iat - 5 * MINUTE_S


def read_back(claims: Claims) -> Claims:
    out = BitWriter()
    write_claims(out, claims, ASKED_S)
    reader = BitReader(out.value, out.length)
    read = read_claims(reader, ASKED_S)
    assert reader.only_zeros_left()
    return read


def with_paid(**changes: object) -> Claims:
    claims = claims_of(LICENSE)
    assert claims.entitlement is not None
    paid = msgspec.structs.replace(claims.entitlement, **changes)
    return msgspec.structs.replace(claims, entitlement=paid)


@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 9])
def test_any_number_of_features_is_read_back(count: int) -> None:
    claims = with_paid(features=tuple(f"feature {n}" for n in range(count)))
    assert read_back(claims) == claims


@pytest.mark.parametrize("seats", [-3, 0, 1, 2, 1000])
def test_any_number_of_seats_is_read_back(seats: int) -> None:
    claims = with_paid(seats=seats, modules={"web": True}, price_id=None)
    assert read_back(claims) == claims


@pytest.mark.parametrize(
    "customer",
    ["cus_0123456789abcd", "cus_0123456789abc", "cus_0123456789abc!", "kunde0123456789abcd", ""],
)
def test_any_customer_is_read_back(customer: str) -> None:
    claims = msgspec.structs.replace(claims_of(LICENSE), sub=customer)
    assert read_back(claims) == claims


def test_a_license_not_issued_a_whole_minute_after_its_request_is_refused() -> None:
    claims = msgspec.structs.replace(claims_of(LICENSE), iat=LICENSE.iat + 1)
    with pytest.raises(ValueError, match="whole number of minutes"):
        write_claims(BitWriter(), claims, ASKED_S)


def test_an_instant_with_milliseconds_is_refused() -> None:
    with pytest.raises(ValueError, match="whole second"):
        write_claims(BitWriter(), with_paid(current_period_end=NOW_MS + 1), ASKED_S)


def test_another_version_of_the_format_is_refused() -> None:
    for version in (0, 2):
        with pytest.raises(InvalidDocument) as refused:
            read_claims(BitReader(version << 60, 63), ASKED_S)
        assert refused.value.code == "code_unknown"


def beginning() -> BitWriter:
    """Write a code's version, time of issue and customer, with which every code begins."""
    out = BitWriter()
    out.bits(1, 3)
    out.signed(5)
    out.flag(True)
    out.text("cus_1")
    return out


def test_an_unassigned_status_index_is_refused() -> None:
    out = beginning()
    out.flag(False)
    out.flag(True)
    out.bits(14, 4)
    with pytest.raises(ValueError, match="no such word"):
        read_claims(BitReader(out.value << 900, out.length + 900), ASKED_S)


def test_modules_that_are_not_a_json_object_are_refused() -> None:
    out = beginning()
    out.flag(False)
    out.flag(True)
    out.bits(0, 4)
    for _ in range(2):
        out.number(0)
        out.signed(0)
    out.flag(True)
    out.bits(0, 5)
    out.bits(0, 3)
    out.flag(False)
    out.flag(False)
    out.flag(True)
    out.text("[]")
    with pytest.raises(ValueError, match="not a JSON object"):
        read_claims(BitReader(out.value << 99, out.length + 99), ASKED_S)
