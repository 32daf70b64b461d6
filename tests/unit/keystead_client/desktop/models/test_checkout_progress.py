"""The screen between the browser and the payment, for what is known."""

from __future__ import annotations

from datetime import UTC

import msgspec
import pytest

from keystead.local_api import Checkout
from keystead_client.desktop.models.app_state import AppState
from keystead_client.desktop.models.checkout_progress import (
    CheckoutProgressModel,
    checkout_progress_model,
)
from support import activations


def waiting(checkout: Checkout) -> CheckoutProgressModel:
    view = activations.pending(checkout)
    return checkout_progress_model(
        AppState(connected=True, view=view), view, checkout, activations.NOW_MS, zone=UTC
    )


@pytest.mark.parametrize(("length", "shown"), [(412, True), (413, False)])
def test_a_url_that_fits_a_qr_code_is_offered(length: int, shown: bool) -> None:
    url = activations.PAGE.ljust(length, "o")
    model = waiting(msgspec.structs.replace(activations.CHECKOUT, url=url))
    assert model.scanned == (url if shown else "")


def test_a_restore_has_no_qr_code() -> None:
    assert waiting(activations.RESTORE).scanned == ""
