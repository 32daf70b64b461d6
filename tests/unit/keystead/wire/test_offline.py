"""The offline request as a file and in a link: exact round trips, and refused changes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from keystead.encoding import b64u_decode, b64u_encode
from keystead.errors import InvalidDocument
from keystead.wire.offline import (
    NONCE_BYTES,
    OfflineRequest,
    link_to,
    pack_request,
    read_request,
    unpack_request,
    write_request,
)
from support.documents import DEVICE

PAGE = "https://billing.nyra.example/offline"


def request_of(name: str = "press room", iat: int = 1_790_000_000, product: str = "nyra") -> str:
    request = OfflineRequest(
        aud=product,
        device_id=DEVICE.thumbprint,
        device_name=name,
        iat=iat,
        nonce=b64u_encode(b"n" * NONCE_BYTES),
    )
    return write_request(request, DEVICE)


@pytest.mark.parametrize("around", ["\x1c", "\x1e", "\x85", "\xa0", "\u2003", "\ufeff", "\0"])
def test_nothing_but_ascii_white_space_may_stand_around_a_request(around: str) -> None:
    text = request_of()
    assert read_request(f"\n {text}\r\n", product="nyra")
    for changed in (around + text, text + around):
        with pytest.raises(InvalidDocument):
            read_request(changed, product="nyra")


PRODUCTS = st.from_regex("[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)


@given(st.text(max_size=64), st.integers(0, (1 << 40) - 1), PRODUCTS)
def test_a_link_carries_the_request_byte_for_byte(name: str, iat: int, product: str) -> None:
    text = request_of(name, iat, product)
    assert unpack_request(pack_request(text)) == text


def test_a_link_fits_into_a_small_qr_code() -> None:
    link = link_to(PAGE, request_of("a-computer-with-quite-a-name", product="nyra.acme"))
    assert len(link) < 270
    assert int(segno.make_qr(link, error="m").version) <= 12
    (packed,) = parse_qs(urlsplit(link).query)["request"]
    assert read_request(unpack_request(packed), product="nyra.acme")[0].kid


@given(st.binary(max_size=200) | st.just(b"\x02" + b"\0" * 160))
def test_an_invalid_link_is_refused(data: bytes) -> None:
    for packed in (b64u_encode(data), data.decode("latin-1")):
        with pytest.raises(InvalidDocument):
            read_request(unpack_request(packed), product="nyra")


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_link_with_one_changed_byte_is_refused(place: int, change: int) -> None:
    data = bytearray(b64u_decode(pack_request(request_of())))
    data[place % len(data)] ^= change
    with pytest.raises(InvalidDocument):
        read_request(unpack_request(b64u_encode(bytes(data))), product="nyra")


def test_a_link_for_another_product_is_refused() -> None:
    packed = pack_request(request_of())
    with pytest.raises(InvalidDocument) as refused:
        read_request(unpack_request(packed), product="other")
    assert refused.value.code == "wrong_product"


@given(st.integers(0, 160))
def test_a_cut_link_is_refused(length: int) -> None:
    data = b64u_decode(pack_request(request_of(name="")))
    with pytest.raises(InvalidDocument):
        read_request(unpack_request(b64u_encode(data[: min(length, len(data) - 1)])), product=None)


def test_a_too_long_link_is_refused_without_decoding() -> None:
    with pytest.raises(InvalidDocument):
        unpack_request("A" * 100_000)


def test_a_request_for_another_product_is_refused() -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_request(request_of(), product="another")
    assert refused.value.code == "wrong_product"


def test_a_request_that_names_another_device_is_refused() -> None:
    _, request = read_request(request_of(), product="nyra")
    text = write_request(msgspec.structs.replace(request, device_id="x" * 43), DEVICE)
    with pytest.raises(InvalidDocument) as refused:
        read_request(text, product="nyra")
    assert refused.value.code == "wrong_device"
