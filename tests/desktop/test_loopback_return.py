"""Returning from the browser over a loopback server, where no link handler is registered."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from pytestqt.qtbot import QtBot

from keystead.local_api import CheckoutParams, PortalParams
from keystead.loopback_http import MAX_HEAD
from keystead.wire.nyra import PortalAnswer
from keystead_client.desktop.loopback_server import LoopbackServer
from support import activations
from support.desktop_world import Browser, World
from support.person import PATIENCE_MS, Person
from support.scripted_daemon import PATIENCE_S, ScriptedDaemon

# Qt's offscreen platform logs this warning when a window is raised.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")

PATH = "/activated/Zm9vYmFy"
Beside = Callable[..., httpx.Response]


@pytest.fixture
def beside(qtbot: QtBot) -> Iterator[Beside]:
    """Send a browser's requests from another thread while the event loop runs."""
    with (
        httpx.Client(trust_env=False, timeout=PATIENCE_S, follow_redirects=False) as http,
        ThreadPoolExecutor(1) as pool,
    ):

        def ask(method: str, url: str, **how: object) -> httpx.Response:
            future = pool.submit(http.request, method, url, **how)  # type: ignore[arg-type]
            qtbot.waitUntil(future.done, timeout=PATIENCE_MS)
            return future.result()

        yield ask


@pytest.fixture
def server(qtbot: QtBot) -> Iterator[LoopbackServer]:
    server = LoopbackServer(lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    server.open(PATH)
    yield server
    server.close()


def open_address(server: LoopbackServer) -> str:
    assert server.url is not None
    return server.url


def connected(server: LoopbackServer) -> socket.socket:
    parts = urlsplit(open_address(server))
    assert parts.hostname
    return socket.create_connection((parts.hostname, parts.port or 0), PATIENCE_S)


def received_by(server: LoopbackServer) -> list[str]:
    heard: list[str] = []
    server.received.connect(heard.append)
    return heard


def test_a_request_for_the_secret_path_gets_the_page(
    server: LoopbackServer, beside: Beside
) -> None:
    heard = received_by(server)
    assert beside("GET", open_address(server)).text == "hi"
    assert beside("GET", open_address(server) + "?a=b").text == "hi"
    assert heard == ["", "a=b"]
    assert open_address(server).startswith("http://127.0.0.1:")


def test_any_other_path_or_host_gets_404(server: LoopbackServer, beside: Beside) -> None:
    heard, address = received_by(server), open_address(server)
    attempts = [
        ("GET", address[:-1], {}),
        ("GET", address + "/", {}),
        ("POST", address, {"data": {"a": "b"}}),
        ("HEAD", address, {}),
        ("GET", address, {"headers": {"Host": "rebound.example"}}),
        ("GET", address, {"headers": {"Cookie": "a" * 2 * MAX_HEAD}}),
    ]
    for method, url, how in attempts:
        answer = beside(method, url, **how)
        assert answer.status_code == 404
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
    assert heard == []


def test_a_request_in_small_pieces_is_one_request(server: LoopbackServer, qtbot: QtBot) -> None:
    heard, parts = received_by(server), urlsplit(open_address(server))
    with connected(server) as client:
        for piece in (f"GET {PATH} HTTP/1.1\r\nHo", f"st: {parts.netloc}\r\n", "\r\n", "\r\n\r\n"):
            client.sendall(piece.encode())
            qtbot.wait(1)
        qtbot.waitUntil(lambda: heard == [""], timeout=PATIENCE_MS)


@pytest.mark.long
def test_silent_connections_are_ended_at_the_limit(
    server: LoopbackServer, qtbot: QtBot, beside: Beside
) -> None:
    idle = [connected(server) for _ in range(12)]
    ended = lambda one: one.recv(1) == b""  # noqa: E731
    with ThreadPoolExecutor(len(idle)) as pool:
        waiting = [pool.submit(ended, one) for one in idle]
        qtbot.waitUntil(lambda: all(one.done() for one in waiting), timeout=PATIENCE_MS)
    assert beside("GET", open_address(server)).text == "hi"
    for one in idle:
        one.close()


def test_a_browser_gets_a_place_among_any_number_of_silent_connections(
    server: LoopbackServer, beside: Beside
) -> None:
    heard = received_by(server)
    with ExitStack() as silent:
        for _ in range(30):
            silent.enter_context(connected(server)).sendall(b"GET / HT")
        assert beside("GET", open_address(server)).text == "hi"
    assert heard == [""]


def test_closing_ends_open_connections(server: LoopbackServer, qtbot: QtBot) -> None:
    parts = urlsplit(open_address(server))
    with connected(server) as client, ThreadPoolExecutor(1) as pool:
        qtbot.wait(1)
        server.close()
        ended = pool.submit(client.recv, 1)
        qtbot.waitUntil(ended.done, timeout=PATIENCE_MS)
        assert ended.exception() is not None or ended.result() == b""
    assert server.url is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S)


def next_params(person: Person, daemon: ScriptedDaemon, method: str) -> object:
    """Return the parameters of the next call of a method; the event loop runs meanwhile."""
    found: list[object] = []

    def came() -> bool:
        while not found and not daemon.asked.empty():
            name, params = daemon.asked.get()
            found.extend([params] if name == method else [])
        return bool(found)

    person.bot.waitUntil(came, timeout=PATIENCE_MS)
    return found[0]


def window_with_checkout(world: World) -> tuple[ScriptedDaemon, Person, str]:
    """Return a window with an open checkout, and the URL to which the browser returns."""
    daemon = world.daemon(activations.unactivated())

    def start(_: object) -> object:
        daemon.view = activations.pending()
        return activations.CHECKOUT

    daemon.answers["checkout.start"] = start
    person = world.window_without_links()
    person.clicks("Continue in browser")
    person.sees("Waiting for your payment to be confirmed.")
    params = next_params(person, daemon, "checkout.start")
    assert isinstance(params, CheckoutParams)
    assert params.return_url is not None
    return daemon, person, params.return_url


def refused(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_return_raises_the_window_and_refreshes(
    world: World, browser: Browser, beside: Beside, qtbot: QtBot
) -> None:
    daemon, person, url = window_with_checkout(world)
    person.window.showMinimized()
    shown = beside("GET", url)
    assert shown.status_code == 200
    assert "NyrA Swarm Little Buddy shows what has changed in its own window" in shown.text
    next_params(person, daemon, "activation.refresh")
    qtbot.waitUntil(lambda: not person.window.isMinimized(), timeout=PATIENCE_MS)
    person.sees("Waiting for your payment to be confirmed.")


def test_a_wrong_path_does_not_raise_the_window(
    world: World, browser: Browser, beside: Beside
) -> None:
    daemon, person, url = window_with_checkout(world)
    person.window.showMinimized()
    assert beside("GET", url[:-1] + ("A" if url[-1] != "A" else "B")).status_code == 404
    assert person.window.isMinimized()
    while not daemon.asked.empty():
        assert daemon.asked.get()[0] != "activation.refresh"


def test_cancelling_the_checkout_closes_the_server(
    world: World, browser: Browser, qtbot: QtBot
) -> None:
    daemon, person, url = window_with_checkout(world)
    daemon.answers["checkout.cancel"] = lambda _: activations.unactivated()
    assert not refused(url)
    person.clicks("Cancel")
    person.sees("Choose a plan")
    qtbot.waitUntil(lambda: refused(url), timeout=PATIENCE_MS)


def test_the_return_works_for_a_while_after_the_payment(
    world: World, browser: Browser, beside: Beside
) -> None:
    daemon, person, url = window_with_checkout(world)
    daemon.publish(activations.active())
    person.sees("Active. Everything works.")
    assert beside("GET", url).status_code == 200
    next_params(person, daemon, "activation.refresh")


def test_closing_the_window_closes_the_server(world: World, browser: Browser, qtbot: QtBot) -> None:
    _, _, url = window_with_checkout(world)
    world.close()
    qtbot.waitUntil(lambda: refused(url), timeout=PATIENCE_MS)


def test_the_billing_portal_returns_over_loopback(
    world: World, browser: Browser, beside: Beside
) -> None:
    daemon = world.daemon(activations.active())
    portal = PortalAnswer(url="https://pay.example/portal", expires_at=activations.NOW_MS)
    daemon.answers["portal.open"] = lambda _: portal
    person = world.window_without_links()
    person.sees("Active. Everything works.")
    person.clicks("Manage billing")
    params = next_params(person, daemon, "portal.open")
    assert isinstance(params, PortalParams)
    assert params.return_url is not None
    assert beside("GET", params.return_url).status_code == 200
    next_params(person, daemon, "activation.refresh")


def test_no_server_runs_if_links_reach_the_window(world: World, browser: Browser) -> None:
    daemon = world.daemon(activations.unactivated())
    daemon.answers["checkout.start"] = lambda _: activations.CHECKOUT
    person = world.window(opens_links=lambda: True)
    person.clicks("Continue in browser")
    params = next_params(person, daemon, "checkout.start")
    assert isinstance(params, CheckoutParams)
    assert params.return_url is None
