"""Where a session bus may be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from keystead_client.desktop.session_bus import bus_may_exist


@pytest.mark.parametrize(
    "environ",
    [
        {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus"},
        {"DISPLAY": ":0"},
    ],
)
def test_an_address_or_an_x_server_may_have_a_bus(environ: dict[str, str]) -> None:
    assert bus_may_exist(environ)


def test_the_runtime_folder_may_have_a_bus(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert not bus_may_exist(environ)
    (tmp_path / "bus").touch()
    assert bus_may_exist(environ)


@pytest.mark.parametrize("environ", [{}, {"DBUS_SESSION_BUS_ADDRESS": "", "DISPLAY": ""}])
def test_without_them_there_is_no_bus(environ: dict[str, str]) -> None:
    assert not bus_may_exist(environ)
