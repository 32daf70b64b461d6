"""Offline activation of a computer with a phone, from the QR code to the license."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from playwright.sync_api import Page, expect
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

import keystead
from keystead_stub.in_process import BillingStub
from support.device_window import window_user
from support.person import Person
from support.world import EMAIL, World

pytestmark = pytest.mark.long

#: A proxy address where nothing listens: no request of this daemon arrives.
NO_NETWORK = "http://127.0.0.1:9"


@pytest.fixture
def world(billing_stub: BillingStub, tmp_path: Path) -> Iterator[World]:
    made = World(billing_stub, tmp_path)
    yield made
    made.end()


def scan_qr_code(person: Person) -> str:
    """Return the text of the QR code in the window."""
    found: list[str] = []

    def reads() -> bool:
        picture = person.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        width, height = picture.width(), picture.height()
        lines = bytes(picture.constBits())
        rows = [lines[y * picture.bytesPerLine() :][: 3 * width] for y in range(height)]
        pixels = memoryview(b"".join(rows)).cast("B", (height, width, 3))
        found[:] = [one.text for one in zxingcpp.read_barcodes(pixels)]
        return len(found) == 1

    person.bot.waitUntil(reads)
    return found[0]


def fetch_code_on_phone(page: Page, stub: BillingStub, link: str) -> str:
    """Follow the link, confirm by mail, and return the code that is shown."""
    page.goto(link)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(stub.outbox()[0]["link"])
    page.get_by_role("button", name="Yes, activate it").click()
    return " ".join(page.get_by_role("listitem").all_inner_texts())


def test_a_phone_activates_a_computer_without_a_network(
    world: World, page: Page, qtbot: QtBot
) -> None:
    world.activated("online")
    island = world.device("island", proxy=NO_NETWORK)
    asked = island.cli("request", "-", "--json")
    island.restart()
    with window_user(qtbot, island) as person:
        person.clicks("Activate offline")
        link = scan_qr_code(person)
        assert link == asked.json()["link"]
        code = fetch_code_on_phone(page, world.stub, link)
        person.types("Activation code", code.replace(" ", "").lower())
        person.sees("The code is complete.")
        person.clicks("Activate")
        person.sees("Active. Everything works.")
    status = island.cli("status", "--json")
    assert (status.code, status.json()["state"], status.json()["hints"]) == (0, "active", [])
    profile = Path(island.environ["KEYSTEAD_PROFILE"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEYSTEAD_HOME", str(island.home))
        assert keystead.open(profile).allows("export")
    stranger = world.device("stranger", proxy=NO_NETWORK)
    assert stranger.cli("import", "-", "--json", stdin=code.encode()).json()["error"]["code"] == (
        "no_request"
    )
    assert stranger.cli("request", "--qr").code == 0
    replayed = stranger.cli("import", "-", "--json", stdin=code.encode())
    assert (replayed.code, replayed.json()["error"]["code"]) == (1, "code_elsewhere")
    assert stranger.view().state == "unactivated"
    assert island.cli("import", "-", stdin=code.encode()).code == 0
