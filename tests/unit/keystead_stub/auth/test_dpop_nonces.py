"""Nonces of proofs of possession (RFC 9449 §8)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.auth.dpop_nonces import WINDOW_S, Nonces


class ManualClock:
    """A clock that the test sets."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@given(st.floats(0, 4e9), st.floats(0, 2 * WINDOW_S))
def test_a_nonce_is_valid_for_one_to_two_windows(start: float, age: float) -> None:
    hand = ManualClock(start)
    nonces = Nonces(["secret"], hand)
    nonce = nonces.current()
    hand.now = start + age
    if age < WINDOW_S - 1:
        assert nonces.accepts(nonce)
    hand.now = start + 2 * WINDOW_S + 1
    assert not nonces.accepts(nonce)


@given(st.text(max_size=60))
def test_any_other_text_is_not_a_nonce(text: str) -> None:
    nonces = Nonces(["secret"], ManualClock())
    assert nonces.accepts(text) == (text == nonces.current())
    assert not nonces.accepts(None)
    assert not Nonces(["another"], ManualClock()).accepts(nonces.current())


def test_nonces_by_an_earlier_secret_are_accepted() -> None:
    clock = ManualClock()
    old = Nonces(["old"], clock)
    rotated = Nonces(["new", "old"], clock)
    assert rotated.accepts(old.current())
    assert rotated.current() == Nonces(["new"], clock).current()
    assert not old.accepts(rotated.current())
