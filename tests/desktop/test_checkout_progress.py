"""The page of a checkout in progress, and its QR code for paying on a phone."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QScrollArea, QScrollBar
from pytestqt.qtbot import QtBot

from keystead_client.desktop import theme
from keystead_client.desktop.models.app_state import AppState
from support import activations
from support.desktop_world import World
from support.person import Person
from support.qr_reader import read_qr_codes
from support.window_screenshots import ScreenRenderer

SCAN = "Or pay on a phone: point its camera at this."


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("dark", [False, True])
def test_the_qr_code_holds_the_payment_url(
    qtbot: QtBot, qapp: QApplication, dark: bool, scale: float
) -> None:
    theme.apply(qapp, dark=dark)
    studio = ScreenRenderer()
    qtbot.addWidget(studio.window)
    picture = studio.picture(AppState(connected=True, view=activations.pending()), scale)
    theme.apply(qapp, dark=False)
    assert read_qr_codes(picture) == [activations.PAGE]


def test_the_qr_code_has_a_name_and_disappears_with_the_url(world: World) -> None:
    daemon, person = world.at(activations.pending())
    person.sees(SCAN)
    person.hears("QR code with the address of the page")
    daemon.publish(activations.pending(activations.RESTORE))
    person.sees_no(SCAN)
    assert read_qr_codes(person.window.grab()) == []


def test_a_url_too_long_for_a_qr_code_can_be_copied(world: World) -> None:
    url = activations.PAGE + "#" + "long" * 100
    _, person = world.at(
        activations.pending(msgspec.structs.replace(activations.CHECKOUT, url=url))
    )
    person.clicks("Copy the link")
    person.sees("The link is on the clipboard.")
    assert QApplication.clipboard().text() == url
    assert not any(SCAN in text for text in person.reads())


def test_the_largest_qr_code_fits_the_smallest_window(world: World) -> None:
    url = activations.PAGE.ljust(412, "o")
    _, person = world.at(
        activations.pending(msgspec.structs.replace(activations.CHECKOUT, url=url))
    )
    person.window.resize(*theme.MINIMUM_SIZE)
    person.sees(SCAN)
    person.bot.waitUntil(lambda: all(bar.maximum() == 0 for bar in horizontal_scroll_bars(person)))


def horizontal_scroll_bars(person: Person) -> list[QScrollBar]:
    """Return the horizontal scroll bars of the visible scroll areas."""
    areas = [one for one in person.window.findChildren(QScrollArea) if one.isVisible()]
    assert areas
    return [one.horizontalScrollBar() for one in areas]
