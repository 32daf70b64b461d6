"""The issuer's name in a certificate that was not verified."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_daemon.certificate_issuer import issuer_of
from support.tls_server import Authority


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return Authority(tmp_path_factory.mktemp("authority")).certificate()


@pytest.mark.parametrize(
    ("organization", "shown"),
    [
        ("Zephyr Web Gateway", "Zephyr Web Gateway"),
        ("Müller & Söhne\u00a0AG", "Müller & Söhne AG"),
        (None, "Test Root"),
        ("pay\u202ehere", "Test Root"),
    ],
)
def test_the_organization_comes_before_the_common_name(
    tmp_path: Path, organization: str | None, shown: str
) -> None:
    assert issuer_of(Authority(tmp_path, organization).certificate()) == shown


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([tag, 0x82]) + len(body).to_bytes(2, "big") + body


def certificate_of(*attributes: bytes) -> bytes:
    """A certificate that ends after its issuer, whose attributes are pairs of an OID and a text."""
    names = (der(0x31, der(0x30, attribute)) for attribute in attributes)
    fields = der(0x02, b"1"), der(0x30), der(0x30, *names), der(0x30)
    return der(0x30, der(0x30, *fields))


def test_a_long_name_is_cut() -> None:
    attribute = der(0x06, b"\x55\x04\x0a") + der(0x0C, b"a" * 200)
    assert issuer_of(certificate_of(attribute)) == "a" * 80


def test_a_name_in_an_unknown_encoding_is_ignored() -> None:
    organization = der(0x06, b"\x55\x04\x0a") + der(0x04, b"bytes")
    common_name = der(0x06, b"\x55\x04\x03") + der(0x1E, "Größe".encode("utf-16-be"))
    assert issuer_of(certificate_of(organization, common_name)) == "Größe"


def test_an_attribute_outside_a_set_is_malformed() -> None:
    fields = der(0x02, b"1"), der(0x30), der(0x30, der(0x30)), der(0x30)
    assert issuer_of(der(0x30, der(0x30, *fields))) is None


def test_a_certificate_with_too_few_fields_is_malformed() -> None:
    fields = der(0xA0), der(0x02, b"1"), der(0xA0), der(0x30)
    assert issuer_of(der(0x30, der(0x30, *fields))) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30", b"\x30\x05\x30", b"\x30\x80", b"\x30\x85\1\1\1\1\1", b"\x30\x82\x01",
     b"\x30\x02\x30\x00", b"\x30\x0a\x30\x08\xa0\x00\x02\x00\x30\x00\x30\x00",
     b"\x30\x0a\x30\x08\x02\x00\x30\x00\x30\x00\x30\x00",
     b"\x30\x0c\x30\x0a\x02\x00\x30\x00\x30\x02\x30\x00\x30\x00"],
)  # fmt: skip
def test_a_malformed_certificate_has_no_issuer(data: bytes) -> None:
    assert issuer_of(data) is None


def test_text_that_cannot_be_decoded_is_no_name(certificate: bytes) -> None:
    broken = certificate.replace(b"Keystead Test Authority", b"\xff" * 23)
    assert issuer_of(broken) is None


@given(st.data())
def test_altered_bytes_give_a_printable_name_or_none(
    certificate: bytes, data: st.DataObject
) -> None:
    altered = bytearray(certificate)
    for _ in range(data.draw(st.integers(1, 4))):
        altered[data.draw(st.integers(0, len(altered) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(altered[: data.draw(st.integers(0, len(altered)))])
    for one in (bytes(altered), cut):
        name = issuer_of(one)
        assert name is None or (name.isprintable() and 0 < len(name) <= 80)
