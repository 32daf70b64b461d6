"""Every screen has a page."""

from __future__ import annotations

from keystead_client.desktop.models.app_state import Screen
from keystead_client.desktop.page_factories import FACTORIES


def test_every_screen_has_a_factory() -> None:
    assert FACTORIES.keys() == set(Screen)
