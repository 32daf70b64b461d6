"""The small pure parts: rate limits, nonces, the steered clock, proofs that were used."""

from __future__ import annotations

import secrets

from hypothesis import given
from hypothesis import strategies as st

from keystead import proof
from keystead.keys import SigningKey
from keystead_stub.auth.dpop_nonces import WINDOW_S, Nonces
from keystead_stub.auth.proof_replay import REMEMBERED_MS, UsedProofs
from keystead_stub.billing.license_status import ordered_jti
from keystead_stub.http.rate_limit import WINDOW_S as MINUTE_S
from keystead_stub.http.rate_limit import RateLimiter
from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import migrate
from keystead_stub.stripe_sim.engine.cached_clock import TRUSTED_S, CachedClock


class Hand:
    """A clock that somebody turns."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_each_caller_has_its_own_rate_limit() -> None:
    hand = Hand()
    limiter = RateLimiter(lambda: int(hand()))
    waits = [limiter.wait_s("buy", "a", per_minute=3) for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert 1 <= waits[3] <= MINUTE_S
    assert limiter.wait_s("buy", "b", per_minute=3) == 0
    assert limiter.wait_s("restore", "a", per_minute=3) == 0
    hand.now += waits[3]
    assert limiter.wait_s("buy", "a", per_minute=3) == 0


@given(st.floats(0, 4e9), st.floats(0, 2 * WINDOW_S))
def test_a_nonce_is_valid_for_one_to_two_windows(start: float, age: float) -> None:
    hand = Hand(start)
    nonces = Nonces(b"secret", hand)
    nonce = nonces.current()
    hand.now = start + age
    if age < WINDOW_S - 1:
        assert nonces.accepts(nonce)
    hand.now = start + 2 * WINDOW_S + 1
    assert not nonces.accepts(nonce)


@given(st.text(max_size=60))
def test_any_other_text_is_not_a_nonce(text: str) -> None:
    nonces = Nonces(b"secret", Hand())
    assert nonces.accepts(text) == (text == nonces.current())
    assert not nonces.accepts(None)
    assert not Nonces(b"another", Hand()).accepts(nonces.current())


def test_event_ids_sort_in_order_of_creation() -> None:
    made = [ordered_jti(1_800_000_000_000 + n // 3, secrets.token_bytes) for n in range(100)]
    assert made == sorted(made)


def test_the_cached_clock_reads_again_when_turned_or_stale() -> None:
    real, hand = Hand(1_000_000), Hand(0)
    offset = 0
    clock = CachedClock(lambda: int(real()) + offset, lambda: int(real()), hand)
    assert clock.now_ms() == 1_000_000
    offset = 500
    assert clock.now_ms() == 1_000_000
    clock.turned()
    assert clock.now_ms() == 1_000_500
    offset = 900
    hand.now += TRUSTED_S
    assert clock.now_ms() == 1_000_900
    real.now += 7
    assert clock.now_ms() == 1_000_907


def test_a_used_proof_is_kept_longer_than_it_is_valid() -> None:
    hand = Hand()
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
