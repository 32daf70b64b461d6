"""A backend behind a proxy that ends TLS: clients use the public address, and nothing else."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from keystead.profile import load_profile
from keystead.wire import nyra
from keystead.wire.dashclicks.people import CUSTOMERS
from keystead_stub.in_process import BillingStub
from keystead_stub.main import run as main
from support.billing_device import BillingDevice
from support.reverse_proxy import reverse_proxy
from support.tls_server import Authority

EMAIL = "ada@example.com"


@contextmanager
def published(
    folder: Path,
    *,
    prefix: str = "",
    keeps_prefix: bool = False,
    api: str = "nyra",
    tls: bool = True,
    **environ: str,
) -> Iterator[tuple[BillingStub, httpx.Client]]:
    """Run a stub behind a proxy; yield it with a client of its public address."""
    authority = Authority(folder)
    with ExitStack() as stack:
        proxy = stack.enter_context(
            reverse_proxy(
                authority.server_context() if tls else None,
                prefix=prefix,
                keeps_prefix=keeps_prefix,
            )
        )
        named = {"KEYSTEAD_STUB_PUBLIC_URL": proxy.url, **environ}
        stub = stack.enter_context(BillingStub.running(folder, named, api=api))
        proxy.backend = stub.listening_url
        roots = ssl.create_default_context(cafile=str(authority.roots))
        yield (
            stub,
            stack.enter_context(
                httpx.Client(base_url=stub.url, verify=roots, trust_env=False, timeout=60)
            ),
        )


def submit(http: httpx.Client, url: str, **fields: str) -> httpx.Response:
    """Send the form of a page as a browser would: to where its `action` leads."""
    page = http.get(url)
    assert page.status_code == 200, page.text
    action = re.findall(r'<form[^>]* method="post" action="([^"]+)"', page.text)[-1]
    token = re.findall(r'name="token" value="([^"]+)"', page.text)[0]
    place = urlsplit(url)
    return http.post(
        f"{place.scheme}://{place.netloc}{action}",
        data={"token": token, **fields},
        follow_redirects=True,
    )


@pytest.mark.parametrize(
    ("prefix", "keeps_prefix"), [("", False), ("/billing", False), ("/billing/v1", True)]
)
def test_paying_status_refresh_portal_and_restoring_work_behind_tls(
    tmp_path: Path, prefix: str, keeps_prefix: bool
) -> None:
    with published(tmp_path, prefix=prefix, keeps_prefix=keeps_prefix) as (stub, http):
        device = BillingDevice(stub, http)
        session = device.call("POST", nyra.CHECKOUT, json=device.identity()).json()
        assert session["url"].startswith(f"{stub.url}/_stub/checkout/")
        card = {"card": "4242424242424242", "expiry": "12 / 40", "cvc": "123", "email": EMAIL}
        paid = submit(http, session["url"], **card)
        assert (paid.status_code, str(paid.url).partition("?")[0]) == (
            200,
            f"{stub.url}/checkout/success",
        )
        first = device.status(checkoutSessionId=session["sessionId"])
        assert device.license(first).iss == stub.url
        # By the token that is bound to the device's key: `htu` is the public address.
        assert device.status()["active"] is True
        portal = device.call("POST", nyra.PORTAL, token=device.token, json={}).json()["url"]
        assert portal.startswith(f"{stub.url}/_stub/portal/")
        page = http.get(portal, follow_redirects=True)
        assert page.status_code == 200
        links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
        assert links
        assert all(link.startswith(f"{prefix}/") for link in links)
        assert http.get(f"{http.base_url.copy_with(path=links[0])}").status_code == 200
        device.restore(EMAIL)
        (mail,) = stub.outbox()
        assert mail["link"].startswith(f"{stub.url}/restore/")
        assert http.get(mail["link"]).status_code == 200


def test_a_proof_for_the_address_that_the_backend_listens_at_is_refused(tmp_path: Path) -> None:
    with published(tmp_path) as (stub, http):
        device = BillingDevice(stub, http)
        device.activate()
        stub.url = stub.listening_url
        assert device.ask().status_code == 401


def test_the_run_s_profile_names_the_public_address(tmp_path: Path) -> None:
    with published(tmp_path, prefix="/billing") as (stub, _http):
        assert load_profile(stub.profile).backend_url == stub.url
        told = stub.profile.read_text()
        assert stub.listening_url not in told


def test_people_sign_in_at_the_public_address(tmp_path: Path) -> None:
    with published(tmp_path, prefix="/billing", api="crow") as (stub, http):
        profile = load_profile(stub.profile)
        assert profile.backend_url == f"{stub.url}/_stub/gateway"
        assert profile.sign_in is not None
        sign_in = profile.sign_in
        assert sign_in.authorize.startswith(f"{stub.url}/_stub/sign-in?")
        assert sign_in.token.startswith(f"{stub.url}/")
        query = {
            "response_type": "code",
            "client_id": sign_in.client_id,
            "redirect_uri": "http://127.0.0.1:4711/",
            "state": "s",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        }
        page = http.get(sign_in.authorize, params={"api": "crow", **query})
        assert (page.status_code, "Sign in to" in page.text) == (200, True)
        redeemed = http.post(sign_in.token, data={"grant_type": "authorization_code"})
        assert redeemed.status_code == 400
        assert "error" in redeemed.json()


def test_sign_in_and_the_controls_ask_for_the_token_through_the_proxy_too(tmp_path: Path) -> None:
    token = "a-token-for-the-controls-0123456789"
    with published(tmp_path, prefix="/billing", KEYSTEAD_STUB_CONTROL_TOKEN=token) as (stub, http):
        assert http.get("/_stub/clock").status_code == 401
        assert http.get("/_stub/sign-in").status_code == 401
        entered = http.post("/_stub/control-token", data={"control_token": token})
        assert entered.headers["location"] == "/billing/_stub/"
        assert http.get("/_stub/").status_code == 200
        assert http.get("/_stub/clock").status_code == 200
        # The stub's calls of its own simulations have the token: merchants sell there.
        headers = stub.session("dashclicks", account_id="acme")
        made = http.post(f"/dashclicks{CUSTOMERS}", headers=headers, json={"email": EMAIL})
        assert made.status_code in {200, 201}, made.text


@pytest.mark.parametrize("directly", [True, False])
def test_the_checklist_passes_through_the_proxy_and_beside_it(
    tmp_path: Path,
    directly: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each step is run, with proofs that name the public address wherever the request goes."""
    monkeypatch.setenv("KEYSTEAD_HOME", str(tmp_path / "home"))
    with published(tmp_path, prefix="/billing", tls=False) as (stub, _http):
        monkeypatch.setenv("KEYSTEAD_STUB_PUBLIC_URL", stub.url)
        url = stub.listening_url if directly else stub.url
        assert main(["checklist", "--url", url]) == 0
        said = capsys.readouterr().out
        assert f"Required verification: {url}" in said
        assert "+ Refreshing the activation returns an active license" in said
