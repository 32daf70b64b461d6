"""Offline activation: the QR code to scan, and the code to type."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from keystead.local_api import ImportParams
from keystead.wire import base32_groups
from support import activations
from support.desktop_world import World
from support.person import Person
from support.qr_reader import read_qr_codes
from support.scripted_daemon import PATIENCE_S, Refusal, ScriptedDaemon

OFFLINE = "Activate offline"
#: A well-formed code without a valid signature: version 1, with correct check characters.
CODE = base32_groups.encode_groups(1 << 637, 640)


def at_the_page(world: World) -> tuple[ScriptedDaemon, Person]:
    daemon, person = world.at(activations.unactivated())
    person.clicks(OFFLINE)
    person.sees("Activation code")
    return daemon, person


def next_params(daemon: ScriptedDaemon, method: str) -> msgspec.Struct:
    while True:
        name, params = daemon.asked.get(timeout=PATIENCE_S)
        if name == method:
            return params


def test_the_qr_code_holds_the_request_link(world: World) -> None:
    _, person = at_the_page(world)
    person.hears("QR code with this computer's request")
    person.bot.waitUntil(lambda: read_qr_codes(person.window.grab()) == [activations.REQUEST.link])


def test_a_typed_code_is_grouped_and_imported(world: World) -> None:
    daemon, person = at_the_page(world)
    daemon.answers["activation.import"] = lambda _: activations.active()
    plain = CODE.replace(" ", "").lower()
    assert not person.can_press("Activate")
    person.types("Activation code", plain[:12])
    assert CODE[:14] in person.reads()
    person.sees("Groups typed: 2")
    QTest.keyClicks(person.field("Activation code"), plain[12:])
    person.sees("The code is complete.")
    person.presses(Qt.Key.Key_Return)
    person.sees("The activation code was accepted.", "Active. Everything works.")
    params = next_params(daemon, "activation.import")
    assert isinstance(params, ImportParams)
    assert params.document == CODE


def test_a_typing_error_is_found_in_its_group(world: World) -> None:
    _, person = at_the_page(world)
    parts = CODE.split()
    wrong = parts[1][:4] + ("0" if parts[1][4] != "0" else "1")
    person.types("Activation code", f"{parts[0]}{wrong}")
    person.sees(f"Group 2 is not right: {wrong}.")
    assert not person.can_press("Activate")
    person.presses(Qt.Key.Key_Backspace)
    QTest.keyClicks(person.field("Activation code"), parts[1][4])
    person.sees("Groups typed: 2")
    person.presses(Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    for _ in range(5):
        person.presses(Qt.Key.Key_Delete)
    assert parts[1] in person.reads()
    QTest.keyClicks(person.field("Activation code"), "U")
    person.sees("“U” is in no activation code.")


def test_a_pasted_code_is_accepted(world: World) -> None:
    _, person = at_the_page(world)
    QApplication.clipboard().setText(CODE.replace(" ", "\n").lower())
    person.field("Activation code").setFocus()
    QTest.keyClick(
        person.field("Activation code"), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier
    )
    person.sees("The code is complete.", CODE)
    QTest.keyClicks(person.field("Activation code"), "0")
    person.sees("The code has only")


def test_a_license_pasted_into_the_code_field_is_imported(world: World) -> None:
    daemon, person = at_the_page(world)
    daemon.answers["activation.import"] = lambda _: activations.active()
    person.types("Activation code", "eyJ.eyJ.sig")
    person.sees("This is a license.")
    person.clicks("Activate")
    person.sees("Active. Everything works.")


def test_a_refused_code_stays_in_the_field(world: World) -> None:
    daemon, person = at_the_page(world)

    def refuse(_: msgspec.Struct) -> object:
        raise Refusal("code_elsewhere", "No.")

    daemon.answers["activation.import"] = refuse
    person.types("Activation code", CODE.replace(" ", ""))
    person.clicks("Activate")
    person.sees("This activation code is not for this computer", CODE)


def test_a_failed_request_is_explained_and_can_be_retried(world: World) -> None:
    daemon = world.daemon(activations.unactivated())

    def locked(_: msgspec.Struct) -> object:
        raise Refusal("keyring_unavailable", "The system's keyring is locked.")

    answer = daemon.answers["activation.request"]
    daemon.answers["activation.request"] = locked
    person = world.window()
    person.clicks(OFFLINE)
    person.sees("The system's keyring is locked.")
    assert not person.can_press("Save the request as a file")
    daemon.answers["activation.request"] = answer
    person.clicks("Write the request again")
    person.sees_no("The system's keyring is locked.")
    person.bot.waitUntil(lambda: person.can_press("Save the request as a file"))


def test_the_page_is_reached_and_left_by_keyboard(world: World) -> None:
    _, person = world.at(activations.unactivated())
    person.sees(OFFLINE)
    person.button(OFFLINE).setFocus()
    person.presses(Qt.Key.Key_Return)
    person.sees("Activation code")
    assert QApplication.focusWidget() is person.field("Activation code")
    person.presses(Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not person.field("Activation code")
    person.button("Back").setFocus()
    person.presses(Qt.Key.Key_Return)
    person.sees("Choose a plan")


def test_offline_activation_is_offered_if_the_service_is_unreachable(world: World) -> None:
    daemon, person = world.at(activations.expired())
    person.clicks(OFFLINE)
    person.sees("Activation code")
    person.clicks("Back")
    daemon.publish(activations.expired(hints=()))
    person.sees_no(OFFLINE)


def test_diagnostics_offer_it_if_the_service_is_unreachable(world: World) -> None:
    daemon, person = world.at(activations.active())
    person.clicks("Diagnostics")
    person.sees("Something needs attention.")
    assert not person.can_press(OFFLINE)

    def silent(wish: msgspec.Struct) -> object:
        found = {check.name: check for check in activations.SILENT}
        well = activations.diagnostics(wish.check)  # type: ignore[attr-defined]
        checks = tuple(found.get(check.name, check) for check in well.checks)
        return msgspec.structs.replace(well, checks=checks)

    daemon.answers["diagnostics.get"] = silent
    person.clicks("Look again")
    person.clicks(OFFLINE)
    person.sees("Activation code")


def test_it_is_offered_if_the_plans_cannot_be_fetched(world: World) -> None:
    daemon = world.daemon(activations.unactivated())

    def unreachable(_: msgspec.Struct) -> object:
        raise Refusal("backend_unreachable", "The billing service could not be reached.")

    daemon.answers["plans.list"] = unreachable
    person = world.window()
    person.sees("The billing service could not be reached.")
    person.clicks(OFFLINE)
    person.sees("Activation code")


@pytest.mark.parametrize("appearance", [False, True], ids=["light", "dark"])
def test_the_qr_code_is_dark_on_light_in_every_appearance(
    world: World, qapp: QApplication, appearance: bool
) -> None:
    from keystead_client.desktop import theme

    theme.apply_colours(qapp, theme.DARK if appearance else theme.LIGHT)
    try:
        _, person = at_the_page(world)
        person.bot.waitUntil(
            lambda: read_qr_codes(person.window.grab()) == [activations.REQUEST.link]
        )
    finally:
        theme.apply_colours(qapp, theme.LIGHT)
