"""The vault round-trips the state, and any changed bit is detected."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.device_statement import DeviceStatement
from keystead.errors import VaultUnreadable
from keystead.trust import Newest
from keystead.trusted_time import Anchor, NonceOpening, TimeState
from keystead_daemon.state import PendingActivation, PersistedState
from keystead_daemon.vault import Vault, seal, unseal
from support.documents import NOW_MS, signed_license

KEY, OTHER_KEY, NONCE = b"k" * 32, b"o" * 32, b"n" * 24
ANCHOR = Anchor(NOW_MS, 5, "boot")
KEPT = PersistedState(
    license=signed_license(),
    token="t.o.k",
    newest=Newest(1, "j"),
    time=TimeState(anchor=ANCHOR, mark=ANCHOR),
    nonce_opening=NonceOpening("boot", 5, "salt"),
    request="header.payload.signature",
    pending=PendingActivation(kind="restore", session_id="a", url=None, started_at=1, expires_at=2),
    last_refresh_at=NOW_MS,
    former_device_id="d",
)
SEALED = seal(KEPT, product="nyra", key=KEY, nonce=NONCE)


def test_a_sealed_state_is_unsealed() -> None:
    assert unseal(SEALED, product="nyra", key=KEY) == KEPT
    assert (
        unseal(seal(PersistedState(), product="a", key=KEY, nonce=NONCE), product="a", key=KEY)
        == PersistedState()
    )


def test_a_sealed_state_shows_nothing_without_the_key() -> None:
    assert b"t.o.k" not in SEALED
    assert b"eyJ" not in SEALED


@pytest.mark.parametrize(("product", "key"), [("other", KEY), ("nyra", OTHER_KEY)])
def test_a_vault_is_refused_with_another_product_or_key(product: str, key: bytes) -> None:
    with pytest.raises(VaultUnreadable):
        unseal(SEALED, product=product, key=key)


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_a_vault_with_one_changed_bit_is_refused(bit: int) -> None:
    altered = bytearray(SEALED)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VaultUnreadable):
        unseal(bytes(altered), product="nyra", key=KEY)


@given(st.binary(max_size=200) | st.integers(0, len(SEALED)).map(lambda n: SEALED[:n]))
def test_any_invalid_vault_has_the_same_error(data: bytes) -> None:
    if data != SEALED:
        with pytest.raises(VaultUnreadable) as refused:
            unseal(data, product="nyra", key=KEY)
        assert refused.value.code == "vault_unreadable"


def test_each_write_uses_a_new_nonce(tmp_path: Path) -> None:
    numbers = iter(range(100))
    vault = Vault(
        tmp_path / "vault", product="nyra", key=KEY, random=lambda n: bytes([next(numbers)]) * n
    )
    assert vault.read() is None
    vault.write(KEPT)
    first = (tmp_path / "vault").read_bytes()
    vault.write(KEPT)
    assert (tmp_path / "vault").read_bytes() != first
    assert vault.read() == KEPT
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o600


def test_the_field_names_of_the_vault_file_are_unchanged() -> None:
    assert [field.encode_name for field in msgspec.structs.fields(PersistedState)] == [
        "license",
        "token",
        "newest",
        "highest",
        "time",
        "witness",
        "request",
        "asked",
        "pending",
        "lastRefreshAt",
        "former",
        "givenUp",
        "session",
        "keyManifest",
        "keysVersion",
    ]
    assert [field.encode_name for field in msgspec.structs.fields(PendingActivation)] == [
        "kind",
        "sessionId",
        "url",
        "startedAt",
        "expiresAt",
        "answered",
        "bootMs",
        "bootId",
    ]


def test_the_field_names_of_the_device_statement_are_unchanged() -> None:
    assert [field.encode_name for field in msgspec.structs.fields(DeviceStatement)] == [
        "deviceId",
        "binding",
        "mark",
        "witness",
        "keyManifest",
    ]
