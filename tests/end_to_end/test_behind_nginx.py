"""A backend behind a real nginx that ends TLS, and a real daemon that reaches it there."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from support.nginx import adapted, free_port, nginx
from support.served_stub import ServedStub
from support.tls_server import Authority
from support.world import EMAIL, World

SITE = Path(__file__).parents[2] / "packaging" / "server" / "nginx.conf"
#: A site as somebody writes it who has not read our page.
BARE = """\
upstream keystead {
    server 127.0.0.1:8787;
}
server {
    listen 443 ssl http2;
    server_name x;
    ssl_certificate x;
    ssl_certificate_key x;
    location / {
        proxy_pass http://keystead;
    }
}
"""
BARE_BY_ADDRESS = BARE.replace("http://keystead", "http://127.0.0.1:PORT")

pytestmark = [pytest.mark.long, pytest.mark.nightly]


@contextmanager
def published(
    folder: Path, site: str, *, public_url: str | None = None
) -> Iterator[tuple[ServedStub, httpx.Client, Path]]:
    """Serve behind nginx; yield the backend, a client outside, and the certificates' file."""
    authority, port = Authority(folder), free_port()
    url = f"https://127.0.0.1:{port}"
    with ExitStack() as stack:
        stub = ServedStub(
            folder / "stub",
            arguments=["--public-url", public_url or url, "--trusted-proxies", "127.0.0.1"],
        )
        stack.callback(stub.stop)
        text = adapted(
            site.replace("PORT", stub.listening_url.rpartition(":")[2]),
            port=port,
            backend=stub.listening_url,
            certificate=authority.server_file(),
        )
        stack.enter_context(nginx(folder / "nginx", text, port=port, roots=authority.roots))
        verify = ssl.create_default_context(cafile=str(authority.roots))
        http = httpx.Client(base_url=url, verify=verify, trust_env=False, timeout=60)
        yield stub, stack.enter_context(http), authority.roots


def pay(http: httpx.Client, url: str) -> httpx.Response:
    """Pay on the hosted page, as a browser would."""
    token = re.findall(r'name="token" value="([^"]+)"', http.get(url).text)[0]
    form = {"card": "4242424242424242", "expiry": "12 / 40", "cvc": "123", "email": EMAIL}
    return http.post(url, data={"token": token, **form}, follow_redirects=True)


def test_a_device_pays_activates_refreshes_and_opens_the_portal_behind_nginx(
    short_folder: Path,
) -> None:
    with published(short_folder, SITE.read_text()) as (stub, http, roots):
        world = World(stub, short_folder)
        try:
            device = world.device(environ={"SSL_CERT_FILE": str(roots)})
            started = device.cli("activate", "--no-browser", "--json", "--email", EMAIL).json()
            assert started["url"].startswith(f"{stub.url}/_stub/checkout/")
            paid = pay(http, started["url"])
            assert str(paid.url).startswith(f"{stub.url}/checkout/success")
            assert device.cli("refresh").code == 0
            status = device.cli("status", "--json").json()
            assert (status["state"], status["usable"]) == ("active", True)
            # By its token now, whose proofs name the public address.
            assert device.cli("refresh").code == 0
            portal = device.cli("portal", "--no-browser", "--json").json()["url"]
            page = http.get(portal, follow_redirects=True)
            assert page.status_code == 200
            assert EMAIL in page.text
            device.restart()
            assert device.cli("refresh").code == 0
            assert device.cli("doctor").code == 0
        finally:
            world.end()
        assert http.get("/metrics").status_code == 404
        assert httpx.get(f"{stub.listening_url}/metrics", trust_env=False).status_code == 200


@pytest.mark.parametrize("site", [SITE.read_text(), BARE, BARE_BY_ADDRESS])
def test_no_proxy_opens_the_controls_to_others(tmp_path: Path, site: str) -> None:
    """However nginx is set up, what it passes on is never taken for a request of this machine."""
    public_url = "https://billing.example"
    with published(tmp_path, site, public_url=public_url) as (stub, http, _roots):
        spoofed = {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "127.0.0.1"}
        for headers in ({}, spoofed, {"host": "127.0.0.1"}):
            for path in ("/_stub/", "/_stub/clock", "/_stub/outbox", "/stripe/v1/customers"):
                assert http.get(path, headers=headers).status_code == 403, path
            assert http.put("/_stub/checkout-switch", headers=headers, json={}).status_code == 403
            assert http.get("/metrics", headers=headers).status_code in {401, 404}
        assert http.get("/health/ready").status_code == 200
        assert stub.clock.now_ms() > 0
