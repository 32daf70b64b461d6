"""The restore page, and which texts are taken for an email address."""

from __future__ import annotations

import pytest

from keystead_client.desktop.models.app_state import AppState, Operation
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.restore import is_address, restore_model

SENDING = frozenset({Operation.RESTORE})


def test_it_can_be_sent_once_at_a_time_and_with_a_daemon_only() -> None:
    assert restore_model(AppState(connected=True)).enabled
    assert not restore_model(AppState(connected=False)).enabled
    sending = restore_model(AppState(connected=True, in_progress=SENDING))
    assert (sending.enabled, sending.busy) == (False, tr("restore.sending"))


@pytest.mark.parametrize("text", ["ada@example.com", "a.b+c@d.example"])
def test_an_address_is_taken(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["", "ada", "@example.com", "a b@example.com"])
def test_other_text_is_not_taken(text: str) -> None:
    assert not is_address(text)
