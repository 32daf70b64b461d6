"""The backend is started again with other signing secrets, over the same database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead import jose
from keystead.encoding import b64u_decode, b64u_encode
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, SigningKey
from keystead.wire import nyra
from keystead.wire.dashclicks import people
from keystead_stub.in_process import TIMEOUT_S, BillingStub
from support.billing_device import BillingDevice
from support.merchant import Merchant

OLD, NEW, OTHER = (b64u_encode(bytes(range(start, start + 32))) for start in (0, 32, 64))
Serve = Callable[..., AbstractContextManager[tuple[BillingStub, httpx.Client]]]


def kid_of(secret: str) -> str:
    return SigningKey(b64u_decode(secret)).kid


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start the backend with these signing secrets, over one database."""

    @contextmanager
    def start(secrets: str, manifest: Path | None = None) -> Iterator[tuple[BillingStub, Any]]:
        environ = {"NYRA_LICENSE_SIGNING_SECRET": secrets}
        if manifest is not None:
            environ["NYRA_KEY_MANIFEST"] = str(manifest)
        database = f"sqlite:///{tmp_path / 'stub.db'}"
        with (
            BillingStub.running(tmp_path / "run", environ, database=database) as stub,
            httpx.Client(base_url=stub.url, trust_env=False, timeout=TIMEOUT_S) as http,
        ):
            yield stub, http

    return start


def signed_by(compact: str) -> str | None:
    return jose.peek_header(compact).kid


def test_a_device_with_a_token_by_an_earlier_key_gets_documents_by_the_first(serve: Serve) -> None:
    with serve(OLD) as (stub, http):
        bought = BillingDevice(stub, http)
        assert signed_by(bought.activate()["license"]) == kid_of(OLD)
    with serve(f"{NEW}, {OLD}") as (stub, http):
        known = {key.kid for key in KeySet.from_jwks(stub.keys.read_text())}
        assert known == {kid_of(NEW), kid_of(OLD)}
        device = BillingDevice(stub, http, key=bought.key)
        device.token = bought.token
        assert device.call("GET", nyra.DEVICES, token=device.token).status_code == 200
        body = device.status()
        assert (body["active"], device.license(body).device_id) == (True, device.id)
        assert {signed_by(body["license"]), signed_by(body["deviceAccessToken"])} == {kid_of(NEW)}
    with serve(NEW) as (stub, http):
        device = BillingDevice(stub, http, key=bought.key)
        assert device.ask(token=bought.token).json()["code"] == "invalid_token"
        assert device.ask(token=body["deviceAccessToken"]).json()["active"] is True


def test_a_key_that_waits_in_second_place_does_not_sign_yet(serve: Serve) -> None:
    with serve(f"{OLD},{NEW}") as (stub, http):
        assert signed_by(BillingDevice(stub, http).activate()["license"]) == kid_of(OLD)
        assert len(KeySet.from_jwks(stub.keys.read_text())) == 2
        assert http.get("/_stub/keys.json").text.strip() == stub.keys.read_text().strip()


def test_a_token_by_a_lost_secret_is_valid_while_a_manifest_names_its_key(
    serve: Serve, tmp_path: Path
) -> None:
    manifest = tmp_path / "keys.jws"

    def sign(version: int, *secrets: str, product: str = "nyra") -> None:
        keys = KeySet([SigningKey(b64u_decode(one)).public_key for one in secrets])
        root = SigningKey(b"r" * 32)
        compact = sign_key_manifest(
            root, keys=keys, version=version, product=product, issued_s=int(time.time())
        )
        manifest.write_text(compact)

    with serve(OLD) as (stub, http):
        bought = BillingDevice(stub, http)
        bought.activate()
    with serve(NEW, manifest) as (stub, http):
        device = BillingDevice(stub, http, key=bought.key)
        refused = [device.ask(token=bought.token)]
        sign(1, NEW)
        refused.append(device.ask(token=bought.token))
        sign(1, NEW, OLD, product="other")
        refused.append(device.ask(token=bought.token))
        assert [answer.status_code for answer in refused] == [401, 401, 401]
        sign(2, NEW, OLD)
        body = device.ask(token=bought.token).json()
        assert (body["active"], signed_by(body["license"])) == (True, kid_of(NEW))
        sign(3, NEW)
        assert device.ask(token=bought.token).status_code == 401
        assert device.ask(token=body["deviceAccessToken"]).status_code == 200


def test_no_answer_shows_one_of_several_signing_secrets(serve: Serve) -> None:
    with serve(f"{NEW},{OLD}") as (_stub, http):
        paths = ["/health", "/_stub/", "/_stub/operator", "/_stub/manifest", "/_stub/profile"]
        texts = [http.get(path).text for path in paths]
        assert http.get("/health").json()["ok"] is True
    assert not [secret for secret in (OLD, NEW) for text in texts if secret in text]


def test_merchants_stay_connected_when_the_first_secret_is_replaced(serve: Serve) -> None:
    def account(stub: BillingStub, http: httpx.Client) -> object:
        return Merchant(stub, http, "acme").ask("GET", people.ACCOUNT).json()

    with serve(OLD) as (stub, http):
        connected = account(stub, http)
        assert Merchant(stub, http, "acme").ask("GET", people.CUSTOMERS).status_code == 200
    # The Stripe keys are sealed by the first secret. This start seals them anew.
    with serve(f"{NEW},{OLD}") as (stub, http):
        assert account(stub, http) == connected
    with serve(NEW) as (stub, http):
        assert account(stub, http) == connected
        assert Merchant(stub, http, "acme").ask("GET", people.CUSTOMERS).status_code == 200
    # Without the secret that sealed them they are lost.
    with serve(OTHER) as (stub, http):
        assert account(stub, http) != connected


def test_mails_and_open_forms_survive_the_change_of_the_first_secret(serve: Serve) -> None:
    with serve(OLD) as (stub, http):
        bought = BillingDevice(stub, http)
        bought.activate()
        other = BillingDevice(stub, http, "Desktop")
        activation = other.restore("ada@example.com")
        link = str(stub.outbox()[0]["link"]).removeprefix(stub.url)
        token = http.get(link).text.partition('name="token" value="')[2].partition('"')[0]
    with serve(f"{NEW},{OLD}") as (stub, http):
        assert str(stub.outbox()[0]["link"]).endswith(link)
        assert http.post(link, data={"token": token}).status_code == 200
        device = BillingDevice(stub, http, key=other.key)
        assert device.status(activationId=activation)["active"] is True
