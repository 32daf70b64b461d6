"""The screen between the browser and the payment, for what is known."""

from __future__ import annotations

from datetime import UTC

import msgspec
import pytest

from keystead.instants import HOUR_MS, MINUTE_MS
from keystead.local_api import Checkout
from keystead_client.desktop.models.app_state import AppState
from keystead_client.desktop.models.checkout_progress import (
    CheckoutProgressModel,
    checkout_progress_model,
)
from support import activations


def waiting(checkout: Checkout, now_ms: int = activations.NOW_MS) -> CheckoutProgressModel:
    view = activations.pending(checkout)
    return checkout_progress_model(
        AppState(connected=True, view=view), view, checkout, now_ms, zone=UTC
    )


@pytest.mark.parametrize(("length", "shown"), [(412, True), (413, False)])
def test_a_url_that_fits_a_qr_code_is_offered(length: int, shown: bool) -> None:
    url = activations.PAGE.ljust(length, "o")
    model = waiting(msgspec.structs.replace(activations.CHECKOUT, url=url))
    assert model.scanned == (url if shown else "")


def test_a_restore_has_no_qr_code() -> None:
    assert waiting(activations.RESTORE).scanned == ""


@pytest.mark.parametrize(
    ("waited_ms", "shown"),
    [
        (0, "0:00"),
        (HOUR_MS - 1, "59:59"),
        (HOUR_MS, "1 hour"),
        (25 * HOUR_MS + 59 * MINUTE_MS, "1 day 1 hour"),
    ],
)
def test_a_long_wait_is_shown_in_hours(waited_ms: int, shown: str) -> None:
    checkout = activations.CHECKOUT
    assert waiting(checkout, checkout.started_at + waited_ms).elapsed.endswith(f" {shown}")
