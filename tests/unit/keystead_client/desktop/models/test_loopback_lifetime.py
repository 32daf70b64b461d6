"""How long the window listens on loopback for the browser to return."""

from __future__ import annotations

import pytest

from keystead_client.desktop.models.app_state import AppState, Operation
from keystead_client.desktop.models.loopback_lifetime import LINGER_MS, remaining_ms
from support import activations


@pytest.mark.parametrize(
    ("state", "remaining"),
    [
        (
            AppState(view=activations.unactivated(), in_progress=frozenset({Operation.CHECKOUT})),
            None,
        ),
        (AppState(view=activations.pending()), None),
        (AppState(view=activations.unactivated()), 0),
        (AppState(), 0),
        (AppState(view=activations.settling()), LINGER_MS),
        (AppState(view=activations.active()), LINGER_MS),
        (AppState(view=activations.expired()), 0),
    ],
)
def test_it_listens_during_a_checkout_and_a_little_longer(
    state: AppState, remaining: int | None
) -> None:
    assert remaining_ms(state) == remaining
