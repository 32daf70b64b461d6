"""Replay protection of proofs of possession (RFC 9449 §11.1)."""

from __future__ import annotations

from keystead import proof
from keystead.keys import SigningKey
from keystead_stub.auth.proof_replay import REMEMBERED_MS, UsedProofs
from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import migrate


class ManualClock:
    """A clock that the test sets."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_used_proof_ids_are_stored_longer_than_a_proof_is_valid() -> None:
    hand = ManualClock()
    store = open_store()
    migrate(store, 0)
    proofs = UsedProofs(store, hand)
    key = SigningKey(bytes(32))
    one = proof.Proof(key.public_key, "jti-1", 0, None)

    def use() -> bool:
        with store.write() as connection:
            return proofs.use(connection, one)

    assert [use(), use()] == [True, False]
    hand.now += 2 * proof.TOLERANCE_S
    assert use() is False
    hand.now += REMEMBERED_MS / 1000
    assert use() is True
    store.close()
