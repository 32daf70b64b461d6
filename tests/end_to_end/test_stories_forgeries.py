"""A man in the middle who alters responses: only documents signed by a pinned key are accepted.

TLS prevents this in production; the license must be safe without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from keystead import jose
from keystead.documents import LICENSE_TYP, TOKEN_TYP
from keystead.encoding import b64u_decode, b64u_encode
from keystead.errors import DaemonRefused
from keystead.keys import SigningKey
from support.gateway import Answer, Gateway, gateway
from support.world import Device, World

Claims = dict[str, Any]
Change = Callable[[Claims], Claims]

OTHER_SEED = b"o" * 32
OTHER = SigningKey(OTHER_SEED)


def claims_of(document: str) -> Claims:
    claims: Claims = json.loads(b64u_decode(document.split(".")[1]))
    return claims


def plus(**changes: Any) -> Change:
    return lambda claims: claims | changes


def longer(claims: Claims) -> Claims:
    """Extend the license's period by a year."""
    return claims | {"exp": claims["exp"] + 366 * 86_400}


def longer_token(claims: Claims) -> Claims:
    end = claims["exp"] + 366 * 86_400
    return claims | {"exp": end, "expiresAt": end * 1000}


def of_another_device(claims: Claims) -> Claims:
    return claims | {"deviceId": OTHER.thumbprint, "cnf": {"jkt": OTHER.thumbprint}}


def richer(claims: Claims) -> Claims:
    return claims | {"entitlement": claims["entitlement"] | {"seats": 1000}}


#: Documents that are signed by the backend's key and still invalid: kind, change, error code.
WRONG: dict[str, tuple[str, Change, str]] = {
    "for another device": ("license", of_another_device, "wrong_device"),
    "for another product": ("license", plus(aud="other"), "wrong_product"),
    "an answer to another question": ("license", plus(nonce="A" * 32), "wrong_nonce"),
    "without an end": ("license", plus(exp=None), "malformed"),
    "past its own boundary": ("license", longer, "past_grace_boundary"),
    "of two devices": ("license", plus(cnf={"jkt": OTHER.thumbprint}), "malformed"),
    "active for nothing": ("license", plus(entitlement=None), "malformed"),
    "a token of another device": ("deviceAccessToken", of_another_device, "wrong_device"),
    "a token that outlives the boundary": (
        "deviceAccessToken",
        longer_token,
        "past_grace_boundary",
    ),
}


@pytest.fixture
def way_out() -> Iterator[Gateway]:
    with gateway() as found:
        yield found


def replace_document(name: str, change: Callable[[str], str]) -> Callable[[Answer], Answer]:
    """Return an alteration that replaces a document in the server's responses."""

    def alter(answer: Answer) -> Answer:
        members = json.loads(answer.body)
        members[name] = change(members[name])
        return Answer(answer.status, answer.headers, json.dumps(members).encode())

    return alter


def signed_again(name: str, change: Change, key: SigningKey) -> Callable[[str], str]:
    typ = LICENSE_TYP if name == "license" else TOKEN_TYP
    return lambda text: jose.sign(json.dumps(change(claims_of(text))).encode(), key, typ)


def refresh_error(device: Device) -> str | None:
    with pytest.raises(DaemonRefused):
        device.refresh()
    return device.view().last_error


def test_documents_signed_for_another_purpose_are_refused(world: World, way_out: Gateway) -> None:
    key = world.stub.settings.signing_keys()[0]
    device = world.activated(proxy=way_out.url)
    before = device.view()
    said = {}
    for why, (name, change, _) in WRONG.items():
        way_out.alter = replace_document(name, signed_again(name, change, key))
        said[why] = refresh_error(device)
        assert device.view().license == before.license, why
    assert said == {why: code for why, (_, _, code) in WRONG.items()}
    way_out.alter = None
    after = device.refresh()
    assert (after.state, after.last_error, after.hints) == ("active", None, ())


def test_documents_with_a_foreign_key_or_altered_content_are_refused(
    world: World, way_out: Gateway
) -> None:
    device = world.activated(proxy=way_out.url)
    pinned = SigningKey(OTHER_SEED, kid=world.stub.settings.signing_keys()[0].kid)

    def altered(text: str) -> str:
        header, _, signature = text.split(".")
        payload = b64u_encode(json.dumps(richer(claims_of(text))).encode())
        return f"{header}.{payload}.{signature}"

    forgeries = {
        "unknown_key": signed_again("license", richer, OTHER),
        "bad_signature": signed_again("license", richer, pinned),
        "unsupported_algorithm": lambda text: f"e30.{text.split('.')[1]}.",
    }
    for code, forge in forgeries.items():
        way_out.alter = replace_document("license", forge)
        assert refresh_error(device) == code
    way_out.alter = replace_document("license", altered)
    assert refresh_error(device) == "bad_signature"
    paid = device.view().entitlement
    assert paid is not None
    assert paid.seats == 1


def test_a_token_in_place_of_a_license_is_refused(world: World, way_out: Gateway) -> None:
    device = world.activated(proxy=way_out.url)

    def exchanged(answer: Answer) -> Answer:
        members = json.loads(answer.body)
        members["license"] = members["deviceAccessToken"]
        return Answer(answer.status, answer.headers, json.dumps(members).encode())

    way_out.alter = exchanged
    assert refresh_error(device) == "wrong_type"
    assert device.view().state == "active"


def test_a_first_license_signed_by_a_foreign_key_is_refused(world: World, way_out: Gateway) -> None:
    device = world.device(proxy=way_out.url)
    checkout = device.start_checkout()
    # Before the payment, because the device asks by itself as well.
    way_out.alter = replace_document("license", signed_again("license", richer, OTHER))
    world.stub.pay(checkout.session_id)
    assert refresh_error(device) == "unknown_key"
    view = device.view()
    assert (view.state, view.usable) == ("pending", False)
    assert not device.paths.license.exists()
    way_out.alter = None
    assert device.refresh().state == "active"


def test_an_unknown_status_is_shown_and_the_active_field_decides(
    world: World, way_out: Gateway
) -> None:
    key = world.stub.settings.signing_keys()[0]
    device = world.activated(proxy=way_out.url)
    for active, state in ((True, "active"), (False, "inactive")):
        change = plus(status="on_loan", active=active, somethingNew={"x": [1]})
        way_out.alter = replace_document("license", signed_again("license", change, key))
        view = device.refresh()
        assert (view.state, view.reason, view.usable) == (state, "on_loan", active)
        assert "on_loan" in device.cli("status", "--json").out


def test_a_slow_server_clock_leaves_the_license_active(world: World) -> None:
    device = world.activated()
    before = device.view()
    world.stub.faults.set(clock_skew_seconds=-3600)
    # The answer carries this device's own nonce, so it is the newest although its time is earlier.
    view = device.refresh()
    assert (view.state, view.last_error) == ("active", None)
    assert view.until == before.until
    world.stub.faults.clear()
    assert device.refresh().last_error is None
