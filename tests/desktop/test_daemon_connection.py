"""The connection to a daemon that is missing, stops, returns, or sends invalid data."""

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
from support import activations
from support.desktop_world import PROFILE, World
from support.scripted_daemon import PATIENCE_S


def test_the_startup_page_is_shown_before_the_daemon_answers(world: World) -> None:
    daemon = world.daemon(activations.active())
    daemon.held.add("events.subscribe")
    person = world.window()
    person.sees("Looking at your activation…")
    daemon.release("events.subscribe")
    person.sees("Active. Everything works.")


def test_a_daemon_that_is_not_running_is_started(world: World) -> None:
    begun = Event()

    def start() -> None:
        begun.set()
        world.daemon(activations.active())

    person = world.window(start=start)
    person.sees("Active. Everything works.")
    assert begun.is_set()


def test_a_daemon_that_cannot_be_started_is_reported_and_can_be_retried(world: World) -> None:
    person = world.window()
    person.sees(
        "The background service is not running.", "The background service is not installed."
    )
    person.sees("Install it:")
    world.daemon(activations.active())
    person.clicks("Try again")
    person.sees("Active. Everything works.")


def test_a_lost_connection_is_restored_without_a_click(world: World) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    daemon.view = activations.past_due()
    daemon.disconnect_clients()
    person.sees("Your last payment did not go through.")


def test_without_a_connection_the_last_state_is_shown_with_a_notice(world: World) -> None:
    restart = Event()

    def start() -> None:
        restart.wait(PATIENCE_S)
        daemon.start()

    daemon = world.daemon(activations.active())
    person = world.window(start=start)
    person.sees("Active. Everything works.")
    daemon.stop()
    person.sees("The background service is not answering.", "Active. Everything works.")
    assert not person.can_press("Refresh Activation")
    restart.set()
    person.sees_no("not answering")
    person.clicks("Refresh Activation")


def test_requests_fail_when_the_connection_is_lost(world: World) -> None:
    daemon, person = world.at(activations.active())
    daemon.held.add("activation.refresh")
    person.clicks("Refresh Activation")
    person.sees("Checking with the billing service…")
    daemon.held.clear()
    daemon.disconnect_clients()
    person.sees_no("Checking with the billing service…")
    daemon.view = activations.past_due()
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
def test_invalid_data_closes_the_connection_and_not_the_window(world: World, noise: bytes) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    daemon.view = activations.inactive()
    daemon.send_raw(noise)
    person.sees("Your subscription was canceled.")


def test_the_longest_line_is_accepted_and_nothing_longer(world: World) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    changed = msgspec.json.encode(
        {"jsonrpc": "2.0", "method": ACTIVATION_CHANGED, "params": activations.past_due()}
    )
    daemon.send_raw(changed.ljust(MAX_LINE - 1) + b"\n")
    person.sees("Your last payment did not go through.")
    daemon.view = activations.inactive()
    daemon.send_raw(changed.ljust(MAX_LINE) + b"\n")
    person.sees("Your subscription was canceled.")


def test_a_line_may_come_byte_by_byte(world: World, qapp: QApplication) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    changed = {"jsonrpc": "2.0", "method": ACTIVATION_CHANGED, "params": activations.past_due()}
    for byte in msgspec.json.encode(changed) + b"\n":
        daemon.send_raw(bytes([byte]))
        qapp.processEvents()
    person.sees("Your last payment did not go through.")


def test_an_incomplete_line_is_dropped_with_its_connection(world: World) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    daemon.view = activations.past_due()
    daemon.send_raw(b'{"jsonrpc": "2.0", "method": "activation.cha')
    daemon.disconnect_clients()
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
def test_unexpected_messages_are_ignored(world: World, ignored: bytes) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    daemon.send_raw(ignored)
    daemon.publish(activations.past_due())
    person.sees("Your last payment did not go through.")


def test_a_link_from_the_browser_refreshes_once_connected(world: World) -> None:
    daemon = world.daemon(activations.pending())
    daemon.answers["activation.refresh"] = lambda _: activations.active()
    person = world.window(LaunchAction.REFRESH)
    person.sees("Active. Everything works.")


def test_an_invalid_profile_is_reported(world: World) -> None:
    def load() -> ProductInfo:
        raise InvalidProfile("The profile cannot be used.", remedy="Ask the vendor for a new one.")

    person = world.window(load=load)
    person.sees("This program is not set up.", "The profile cannot be used.", "Ask the vendor")


def test_a_profile_that_the_daemon_rejects_is_reported(world: World) -> None:
    def start() -> None:
        raise InvalidProfile("The keys cannot be used.", remedy="Ask the vendor for a new one.")

    person = world.window(start=start)
    person.sees("This program is not set up.", "The keys cannot be used.", "Ask the vendor")


def test_a_request_without_a_response_times_out(world: World, qtbot: QtBot) -> None:
    daemon = world.daemon(activations.active())
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


def test_a_request_that_is_too_long_is_not_sent(world: World, qtbot: QtBot) -> None:
    daemon = world.daemon(activations.active())
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


def test_a_request_without_a_connection_fails_from_the_event_loop(
    world: World, qtbot: QtBot
) -> None:
    connection = DaemonConnection(str(world.socket))
    failed: list[KeysteadError] = []
    connection.call("activation.get", done=print, failed=failed.append)
    assert failed == []
    qtbot.waitUntil(lambda: bool(failed))
    assert failed[0].code == "daemon_unreachable"


def test_a_window_of_another_profile_has_the_daemon_started_again(world: World) -> None:
    daemon = world.daemon(activations.active())
    info = msgspec.structs.replace(activations.DIAGNOSTICS.info, profile_digest="theirs")
    daemon.answers["daemon.info"] = lambda _: info
    started = Event()

    def start() -> None:
        daemon.answers["daemon.info"] = lambda _: msgspec.structs.replace(
            info, profile_digest="ours"
        )
        started.set()

    ours = msgspec.structs.replace(PROFILE, profile_digest="ours")
    person = world.window(load=lambda: ours, start=start)
    world.bot.waitUntil(started.is_set)
    person.sees("Active. Everything works.")
    person.sees_no("other settings")


def test_a_window_says_that_a_daemon_of_another_profile_stays(world: World) -> None:
    daemon = world.daemon(activations.active())
    info = msgspec.structs.replace(
        activations.DIAGNOSTICS.info, profile_digest="theirs", replaced_profiles=("ours",)
    )
    daemon.answers["daemon.info"] = lambda _: info
    ours = msgspec.structs.replace(PROFILE, profile_digest="ours")
    person = world.window(load=lambda: ours)
    person.sees("The background service runs with other settings of NyrA than this program.")
    person.sees("Update all programs of NyrA.")
