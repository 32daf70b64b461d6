"""A screen is there where a display server answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead.screen import has_screen


@pytest.fixture
def x11() -> Iterator[str]:
    """The number of a display whose abstract socket listens."""
    with socket.socket(socket.AF_UNIX) as server:
        for number in range(50_000, 50_100):
            try:
                server.bind(f"\0/tmp/.X11-unix/X{number}")
            except OSError:
                continue
            server.listen()
            yield str(number)
            return


@pytest.mark.parametrize("display", [":{}", ":{}.0", "unix:{}", "unix:{}.1"])
def test_a_display_that_answers_is_a_screen(x11: str, display: str) -> None:
    assert has_screen({"DISPLAY": display.format(x11)})


def test_a_display_is_reached_by_tcp_as_over_ssh() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if port > 6000:
            assert has_screen({"DISPLAY": f"127.0.0.1:{port - 6000}.0"})
        assert not has_screen({"DISPLAY": "127.0.0.1:59999"})


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"DISPLAY": ""},
        {"DISPLAY": ":49999"},
        {"DISPLAY": "localhost:49999.0"},
        {"DISPLAY": "[::1]:49999"},
        {"DISPLAY": "keystead.invalid:1"},
        {"DISPLAY": "nonsense"},
        {"DISPLAY": "a" * 300 + ":1"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "/nowhere"},
        {"WAYLAND_DISPLAY": "/nowhere/wayland-0"},
        {"WAYLAND_DISPLAY": "a" * 300, "XDG_RUNTIME_DIR": "/"},
    ],
)
def test_a_stale_display_is_no_screen(environ: dict[str, str]) -> None:
    assert not has_screen(environ)


def test_a_wayland_compositor_is_a_screen(short_folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short_folder / "w"))
        server.listen()
        assert has_screen({"WAYLAND_DISPLAY": "w", "XDG_RUNTIME_DIR": str(short_folder)})
        assert has_screen({"WAYLAND_DISPLAY": str(short_folder / "w")})
