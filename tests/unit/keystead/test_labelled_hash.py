"""The one keyed hash: HMAC-SHA-256 of fields under a label, as OpenSSL computes it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keystead.labelled_hash import labelled_hash
from keystead.machine import binding


def openssl(label: str, message: bytes) -> str:
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"key:{label}", "-r"]
    found = subprocess.run(command, input=message, capture_output=True, check=True)
    return found.stdout.split()[0].decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("boot", "1", "salt"), b"boot\n1\nsalt"),
        (("", b"/srv/ada"), b"\n/srv/ada"),
        (("Zo\u00eb", b"\xff\n"), b"Zo\xc3\xab\n\xff\n"),
    ],
)
def test_it_is_hmac_sha_256_of_the_joined_fields(
    fields: tuple[str | bytes, ...], message: bytes
) -> None:
    assert labelled_hash("keystead-nonce", *fields).hex() == openssl("keystead-nonce", message)


def test_a_binding_is_the_hash_of_machine_id_and_folder() -> None:
    expected = openssl("keystead-binding", b"machine\n/srv/ada/state")
    assert binding("machine", b"/srv/ada/state") == expected


ONE_LINE = st.text().map(lambda text: text.replace("\n", ""))


@given(ONE_LINE, st.binary(), ONE_LINE, st.binary())
@settings(max_examples=50)
def test_another_machine_or_folder_has_another_binding(
    one: str, here: bytes, other: str, there: bytes
) -> None:
    same = (one, here) == (other, there)
    assert same == (binding(one, here) == binding(other, there))
