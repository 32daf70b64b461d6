"""Between the browser and the payment, also for who would rather pay on a phone."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QScrollArea, QScrollBar
from pytestqt.qtbot import QtBot

from keystead_client.desktop import theme
from keystead_client.desktop.models.app_state import AppState
from support import daemon_says as says
from support.camera import seen_by_a_camera
from support.desktop_world import World
from support.person import Person
from support.screens import Studio

SCAN = "Or pay on a phone: point its camera at this."


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("dark", [False, True])
def test_the_qr_code_holds_the_payment_url(
    qtbot: QtBot, qapp: QApplication, dark: bool, scale: float
) -> None:
    theme.apply(qapp, dark=dark)
    studio = Studio()
    qtbot.addWidget(studio.window)
    picture = studio.picture(AppState(connected=True, view=says.pending()), scale)
    theme.apply(qapp, dark=False)
    assert seen_by_a_camera(picture) == [says.PAGE]


def test_the_qr_code_has_a_name_and_disappears_with_the_url(world: World) -> None:
    daemon, person = world.at(says.pending())
    person.sees(SCAN)
    person.hears("QR code with the address of the page")
    daemon.says(says.pending(says.RESTORE))
    person.sees_no(SCAN)
    assert seen_by_a_camera(person.window.grab()) == []


def test_a_url_too_long_for_a_qr_code_can_be_copied(world: World) -> None:
    url = says.PAGE + "#" + "long" * 100
    _, person = world.at(says.pending(msgspec.structs.replace(says.CHECKOUT, url=url)))
    person.clicks("Copy the link")
    person.sees("The link is on the clipboard.")
    assert QApplication.clipboard().text() == url
    assert not any(SCAN in text for text in person.reads())


def test_the_largest_qr_code_fits_the_smallest_window(world: World) -> None:
    url = says.PAGE.ljust(412, "o")
    _, person = world.at(says.pending(msgspec.structs.replace(says.CHECKOUT, url=url)))
    person.window.resize(*theme.MINIMUM_SIZE)
    person.sees(SCAN)
    person.bot.waitUntil(lambda: all(bar.maximum() == 0 for bar in sideways(person)))


def sideways(person: Person) -> list[QScrollBar]:
    """The bars of what has to be scrolled to the side."""
    areas = [one for one in person.window.findChildren(QScrollArea) if one.isVisible()]
    assert areas
    return [one.horizontalScrollBar() for one in areas]
