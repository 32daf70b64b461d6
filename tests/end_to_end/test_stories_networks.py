"""Proxies, and servers with untrusted certificates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead import hints
from keystead.errors import DaemonRefused
from keystead.local_api import SettingsParams
from support.gateway import Gateway, gateway
from support.nightly import nightly_except
from support.socks import socks_proxy
from support.untrusted_server import UntrustedServer, untrusted_server
from support.world import Device, World

pytestmark = pytest.mark.long


@pytest.fixture
def way_out() -> Iterator[Gateway]:
    with gateway() as found:
        yield found


def refresh_error(device: Device) -> str | None:
    with pytest.raises(DaemonRefused):
        device.refresh()
    return device.view().last_error


def set_backend_url(device: Device, folder: Path, url: str) -> None:
    """Give the device a profile with another backend URL."""
    old = Path(device.environ["KEYSTEAD_PROFILE"])
    lines = old.read_text().splitlines()
    moved = [f'url = "{url}"' if line.startswith("url =") else line for line in lines]
    keys = old.with_name("keys.json").read_bytes()
    (folder / "keys.json").write_bytes(keys)
    (folder / "keystead.toml").write_text("\n".join(moved) + "\n")
    device.environ["KEYSTEAD_PROFILE"] = str(folder / "keystead.toml")


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[UntrustedServer]:
    with untrusted_server(tmp_path) as found:
        yield found


def test_a_proxy_is_used_exactly_while_it_is_set(world: World, way_out: Gateway) -> None:
    device = world.activated()
    device.call("settings.set", SettingsParams(proxy=way_out.url))
    device.refresh()
    assert len(way_out.passed) == 1
    device.restart()
    device.until(lambda view: not view.refreshing)
    device.refresh()
    through = len(way_out.passed)
    assert through >= 2
    device.call("settings.set", SettingsParams(proxy="none"))
    device.refresh()
    assert len(way_out.passed) == through


@pytest.mark.parametrize("scheme", nightly_except(["socks5", "socks5h"], {"socks5h"}))
def test_a_socks_proxy_is_supported(world: World, scheme: str) -> None:
    device = world.activated()
    with socks_proxy() as proxy:
        device.call("settings.set", SettingsParams(proxy=f"{scheme}://{proxy.place}"))
        assert device.refresh().state == "active"
        assert proxy.connected == 1
        device.call("settings.set", SettingsParams(proxy="system"))
        # The system's proxy can't reach a backend on this machine.
        device.restart(ALL_PROXY=f"{scheme}://{proxy.place}")
        assert device.refresh().state == "active"
        assert proxy.connected == 1


@pytest.mark.parametrize(
    "proxy",
    nightly_except(
        ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "http://nobody.invalid:3128"],
        {"http://127.0.0.1:9"},
    ),
)
def test_a_broken_proxy_leaves_the_license_active(world: World, proxy: str) -> None:
    device = world.activated()
    device.call("settings.set", SettingsParams(proxy=proxy))
    unknown = "nobody.invalid" in proxy
    assert refresh_error(device) == ("proxy_not_found" if unknown else "proxy_failed")
    assert (device.view().state, device.view().hints) == ("active", (hints.BACKEND_UNREACHABLE,))
    device.call("settings.set", SettingsParams(proxy="system"))
    assert device.refresh().hints == ()


@pytest.mark.parametrize(
    "environ",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:9"},
        {"all_proxy": "socks://127.0.0.1:9"},
        {"http_proxy": "no url"},
        {"http_proxy": "http://127.0.0.1:9", "no_proxy": "[::1"},
        {"no_proxy": "::1/128,[::1],fe80::/10,münchen.example"},
        {"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent"},
    ],
)
def test_invalid_environment_variables_leave_the_license_active(
    world: World, environ: dict[str, str]
) -> None:
    device = world.activated()
    device.restart(**environ)
    assert device.refresh().state == "active"
    assert device.cli("refresh").code == 0


def test_nothing_is_sent_to_a_server_with_an_untrusted_certificate(
    world: World, impostor: UntrustedServer, tmp_path: Path
) -> None:
    device = world.activated()
    before = device.view()
    device.stop()
    set_backend_url(device, tmp_path, impostor.url)
    device.start()
    assert refresh_error(device) == "tls_unknown_issuer"
    assert (device.view().state, device.view().until) == ("active", before.until)
    refused = device.cli("refresh")
    assert (refused.code, "127.0.0.1" in refused.err) == (7, True)
    checks = {check["name"]: check for check in device.cli("doctor", "--json").json()["checks"]}
    assert (checks["tls"]["ok"], checks["tls"]["code"]) == (False, "tls_unknown_issuer")
    assert "SSL_CERT_FILE" in checks["tls"]["fix"]
    assert impostor.heard == []
    # With the certificate trusted the request succeeds, so the certificate was the reason.
    device.restart(SSL_CERT_FILE=str(impostor.certificate))
    assert refresh_error(device) == "unsigned_answer"
    assert impostor.heard != []
    assert device.view().until == before.until
