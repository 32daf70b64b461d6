"""The daemon that is not there, goes, comes back, or is not one."""

from __future__ import annotations

from threading import Event

import msgspec
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from keystead.errors import InvalidProfile, KeysteadError
from keystead.local_api import ACTIVATION_CHANGED, MAX_LINE, ImportParams
from keystead_client.desktop.daemon_connection import DaemonConnection
from keystead_client.desktop.models.deep_link import LaunchAction
from keystead_client.desktop.models.product_info import ProductInfo
from support import daemon_says as says
from support.desktop_world import World
from support.scripted_daemon import PATIENCE_S


def test_there_is_a_picture_before_there_is_an_answer(world: World) -> None:
    daemon = world.daemon(says.active())
    daemon.held.add("events.subscribe")
    person = world.window()
    person.sees("Looking at your activation…")
    daemon.release("events.subscribe")
    person.sees("Active. Everything works.")


def test_a_daemon_that_is_not_running_is_started(world: World) -> None:
    begun = Event()

    def start() -> None:
        begun.set()
        world.daemon(says.active())

    person = world.window(start=start)
    person.sees("Active. Everything works.")
    assert begun.is_set()


def test_a_daemon_that_cannot_be_started_is_told_of_and_tried_again(world: World) -> None:
    person = world.window()
    person.sees(
        "The background service is not running.", "The background service is not installed."
    )
    person.sees("Install it:")
    world.daemon(says.active())
    person.clicks("Try again")
    person.sees("Active. Everything works.")


def test_a_lost_daemon_is_found_again_without_a_click(world: World) -> None:
    daemon, person = world.at(says.active())
    person.sees("Active. Everything works.")
    daemon.view = says.past_due()
    daemon.hang_up()
    person.sees("Your last payment did not go through.")


def test_while_the_daemon_is_away_the_last_state_stays_and_says_so(world: World) -> None:
    restart = Event()

    def start() -> None:
        restart.wait(PATIENCE_S)
        daemon.start()

    daemon = world.daemon(says.active())
    person = world.window(start=start)
    person.sees("Active. Everything works.")
    daemon.stop()
    person.sees("The background service is not answering.", "Active. Everything works.")
    assert not person.can_press("Refresh Activation")
    restart.set()
    person.sees_no("not answering")
    person.clicks("Refresh Activation")


def test_what_was_under_way_when_the_daemon_went_is_not_waited_for(world: World) -> None:
    daemon, person = world.at(says.active())
    daemon.held.add("activation.refresh")
    person.clicks("Refresh Activation")
    person.sees("Checking with the billing service…")
    daemon.held.clear()
    daemon.hang_up()
    person.sees_no("Checking with the billing service…")
    daemon.view = says.past_due()
    person.clicks("Refresh Activation")
    person.sees("Your last payment did not go through.")


@pytest.mark.parametrize(
    "noise",
    [
        b"x" * (MAX_LINE + 1),
        b"not json\n",
        b"\xff\xfe\n",
        b'{"jsonrpc": "1.0"}\n',
        b'{"jsonrpc": "2.0", "method": "activation.changed", "params": {"state": "rich"}}\n',
        b"[" * 60_000 + b"\n",
    ],
    ids=["too long", "no JSON", "no UTF-8", "another protocol", "a false state", "deep"],
)
def test_noise_on_the_socket_ends_the_connection_and_not_the_window(
    world: World, noise: bytes
) -> None:
    daemon, person = world.at(says.active())
    person.sees("Active. Everything works.")
    daemon.view = says.inactive()
    daemon.sends(noise)
    person.sees("Your subscription was canceled.")


def test_the_longest_line_is_heard_and_nothing_longer(world: World) -> None:
    daemon, person = world.at(says.active())
    person.sees("Active. Everything works.")
    changed = msgspec.json.encode(
        {"jsonrpc": "2.0", "method": ACTIVATION_CHANGED, "params": says.past_due()}
    )
    daemon.sends(changed.ljust(MAX_LINE - 1) + b"\n")
    person.sees("Your last payment did not go through.")
    daemon.view = says.inactive()
    daemon.sends(changed.ljust(MAX_LINE) + b"\n")
    person.sees("Your subscription was canceled.")


def test_a_line_may_come_byte_by_byte(world: World, qapp: QApplication) -> None:
    daemon, person = world.at(says.active())
    person.sees("Active. Everything works.")
    changed = {"jsonrpc": "2.0", "method": ACTIVATION_CHANGED, "params": says.past_due()}
    for byte in msgspec.json.encode(changed) + b"\n":
        daemon.sends(bytes([byte]))
        qapp.processEvents()
    person.sees("Your last payment did not go through.")


def test_half_a_line_of_a_daemon_that_died_is_not_the_begin_of_the_next(world: World) -> None:
    daemon, person = world.at(says.active())
    person.sees("Active. Everything works.")
    daemon.view = says.past_due()
    daemon.sends(b'{"jsonrpc": "2.0", "method": "activation.cha')
    daemon.hang_up()
    person.sees("Your last payment did not go through.")


@pytest.mark.parametrize(
    "ignored",
    [
        b'{"jsonrpc": "2.0", "method": "window.close", "params": {}}\n',
        b'{"jsonrpc": "2.0", "id": 4711, "result": {}}\n',
        b'{"jsonrpc": "2.0", "id": "1", "result": {}}\n',
        b'{"jsonrpc": "2.0", "id": null}\n',
    ],
)
def test_what_nobody_asked_for_is_ignored(world: World, ignored: bytes) -> None:
    daemon, person = world.at(says.active())
    person.sees("Active. Everything works.")
    daemon.sends(ignored)
    daemon.says(says.past_due())
    person.sees("Your last payment did not go through.")


def test_a_link_from_the_browser_looks_again_as_soon_as_it_can(world: World) -> None:
    daemon = world.daemon(says.pending())
    daemon.answers["activation.refresh"] = lambda _: says.active()
    person = world.window(LaunchAction.REFRESH)
    person.sees("Active. Everything works.")


def test_a_profile_that_does_not_hold_is_told_of(world: World) -> None:
    def load() -> ProductInfo:
        raise InvalidProfile("The profile cannot be used.", remedy="Ask the vendor for a new one.")

    person = world.window(load=load)
    person.sees("This program is not set up.", "The profile cannot be used.", "Ask the vendor")


def test_a_profile_that_no_daemon_can_be_started_with_is_told_of(world: World) -> None:
    def start() -> None:
        raise InvalidProfile("The keys cannot be used.", remedy="Ask the vendor for a new one.")

    person = world.window(start=start)
    person.sees("This program is not set up.", "The keys cannot be used.", "Ask the vendor")


def test_an_answer_that_does_not_come_is_waited_for_so_long_and_no_longer(
    world: World, qtbot: QtBot
) -> None:
    daemon = world.daemon(says.active())
    daemon.held.add("activation.refresh")
    connection = DaemonConnection(str(world.socket))
    with qtbot.waitSignal(connection.state_changed):
        connection.open()
    failed: list[KeysteadError] = []
    connection.call("activation.refresh", done=print, failed=failed.append, limit_ms=50)
    qtbot.waitUntil(lambda: bool(failed))
    assert failed[0].code == "daemon_unreachable"
    daemon.release("activation.refresh")
    done: list[object] = []
    connection.call("activation.get", done=done.append, failed=failed.append)
    qtbot.waitUntil(lambda: bool(done))
    assert len(failed) == 1
    connection.close()


def test_what_is_too_long_for_the_daemon_is_not_sent(world: World, qtbot: QtBot) -> None:
    daemon = world.daemon(says.active())
    connection = DaemonConnection(str(world.socket))
    with qtbot.waitSignal(connection.state_changed):
        connection.open()
    failed: list[KeysteadError] = []
    document = ImportParams(document="x" * MAX_LINE)
    connection.call("activation.import", document, done=print, failed=failed.append)
    assert failed == []
    qtbot.waitUntil(lambda: bool(failed))
    assert failed[0].code == "too_large"
    assert daemon.asked.get()[0] == "events.subscribe"
    assert daemon.asked.empty()
    connection.close()


def test_who_asks_while_nobody_is_there_is_told_so_later(world: World, qtbot: QtBot) -> None:
    connection = DaemonConnection(str(world.socket))
    failed: list[KeysteadError] = []
    connection.call("activation.get", done=print, failed=failed.append)
    assert failed == []
    qtbot.waitUntil(lambda: bool(failed))
    assert failed[0].code == "daemon_unreachable"
