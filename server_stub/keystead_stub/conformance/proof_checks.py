"""Rules about device access tokens and proofs of possession (RFC 9449)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

from nacl.signing import SigningKey

from keystead.encoding import InvalidEncoding, b64u_encode
from keystead.instants import HOUR_MS
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    Answer,
    NotChecked,
    RuleFailed,
    require_refusal,
    require_status,
)
from keystead_stub.conformance.probe_device import NO_FLAW, Flaw, ProbeDevice
from keystead_stub.conformance.run_state import Run
from keystead_stub.conformance.signed_texts import SignedText

#: Twice what a proof's time may be away (RFC 9449 §11.1 leaves it to the server; 300 s here).
_AWAY_S = 600
_OTHER_HOST = "other.example"


class _Route:
    """A route that takes a device's token, as every rule about proofs tries it."""

    def __init__(self, device: ProbeDevice, path: str, params: dict[str, str] | None) -> None:
        self.device = device
        self.path = path
        self.params = params

    def once(self, flaw: Flaw, note: str, token: str | None = None) -> Answer:
        return self.device.once(
            "GET",
            self.path,
            token=token or self.device.token,
            params=self.params,
            flaw=flaw,
            note=note,
        )

    def bare(self, headers: dict[str, str], note: str) -> Answer:
        return self.device.backend.send(
            "GET", self.path, headers=headers, params=self.params, note=note
        )


def _routes(run: Run) -> Iterator[_Route]:
    device = run.activated().device
    yield _Route(device, wire.LICENSE_STATUS, {"deviceId": device.id})
    yield _Route(device, wire.DEVICES, None)


def _refused(run: Run, flaw: Flaw, note: str) -> None:
    for route in _routes(run):
        require_refusal(route.once(flaw, note), 401, "invalid_token")


def proof_missing(run: Run) -> None:
    for route in _routes(run):
        answer = route.bare({"Authorization": f"DPoP {route.device.token}"}, "token, no proof")
        require_refusal(answer, 401, "invalid_token")


def proof_scheme(run: Run) -> None:
    for route in _routes(run):
        token = route.device.token
        headers = {
            "Authorization": f"Bearer {token}",
            "DPoP": route.device.proof("GET", route.path, token=token),
        }
        answer = route.bare(headers, "token under Bearer, with a proof")
        require_refusal(answer, 401, "invalid_token")


def proof_type(run: Run) -> None:
    _refused(run, Flaw(header={"typ": "JWT"}), "typ of the proof is JWT")


def proof_signature(run: Run) -> None:
    _refused(run, Flaw(broken=True), "signature of the proof altered")


def proof_method(run: Run) -> None:
    _refused(run, Flaw(claims={"htm": "POST"}), "htm is POST")


def proof_url(run: Run) -> None:
    for url in (f"{run.backend.url}/api/other", f"https://other.example{wire.LICENSE_STATUS}"):
        _refused(run, Flaw(claims={"htu": url}), f"htu is {url}")


def proof_host(run: Run) -> None:
    """A proof for another server, which passes it on with that server's name as Host."""
    for route in _routes(run):
        token = route.device.token
        flaw = Flaw(claims={"htu": f"https://{_OTHER_HOST}{route.path}"})
        headers = {
            "Authorization": f"DPoP {token}",
            "DPoP": route.device.proof("GET", route.path, token=token, flaw=flaw),
            "Host": _OTHER_HOST,
            "X-Forwarded-Host": _OTHER_HOST,
            "X-Forwarded-Proto": "https",
        }
        answer = route.bare(headers, f"Host and htu are {_OTHER_HOST}")
        # A proxy in front may not know the name at all.
        if answer.status < 400:
            require_refusal(answer, 401)


def proof_token(run: Run) -> None:
    other = b64u_encode(secrets.token_bytes(32))
    _refused(run, Flaw(claims={"ath": other}), "ath is of another token")


def proof_key(run: Run) -> None:
    _refused(run, Flaw(key=SigningKey.generate()), "proof by another key")


def proof_replay(run: Run) -> None:
    for route in _routes(run):
        repeated = Flaw(claims={"jti": secrets.token_urlsafe(16), "iat": run.now_s()})
        first = route.once(repeated, "a proof for the first time")
        if first.status == 401 and first.headers.get("dpop-nonce"):
            nonce = {"nonce": first.headers["dpop-nonce"]}
            repeated = Flaw(claims={**repeated.claims, **nonce, "jti": secrets.token_urlsafe(16)})
            first = route.once(repeated, "a proof for the first time, with the nonce")
        require_status(first, 200)
        require_refusal(route.once(repeated, "the same jti again"), 401, "invalid_token")


def proof_age(run: Run) -> None:
    for away_s in (-_AWAY_S, _AWAY_S):
        flaw = Flaw(claims={"iat": run.now_s() + away_s})
        _refused(run, flaw, f"iat is {away_s} s away")


def proof_nonce(run: Run) -> None:
    for route in _routes(run):
        wrong = {"iat": run.now_s() - _AWAY_S}
        refused = route.once(Flaw(claims=wrong), f"iat is {-_AWAY_S} s away")
        nonce = refused.headers.get("dpop-nonce")
        if refused.status != 401:
            raise NotChecked("the old proof was not refused (proof-age)")
        if not nonce:
            raise RuleFailed("the refusal has no DPoP-Nonce")
        answer = route.once(Flaw(claims=wrong | {"nonce": nonce}), "the same, with the nonce")
        require_status(answer, 200)
        made_up = Flaw(claims=wrong | {"nonce": secrets.token_urlsafe(18)})
        require_refusal(route.once(made_up, "with a nonce that was made up"), 401, "invalid_token")


def proof_first_call(run: Run) -> None:
    device, _, opened = run.opened()
    params = {"deviceId": device.id, "checkoutSessionId": opened.session_id}
    answer = run.backend.send("GET", wire.LICENSE_STATUS, params=params, note="no proof")
    require_refusal(answer, 401, "invalid_token")
    answer = device.once(
        "GET",
        wire.LICENSE_STATUS,
        params=params,
        flaw=Flaw(key=SigningKey.generate()),
        note="proof by another key",
    )
    require_refusal(answer, 401, "invalid_token")


def token_forged(run: Run) -> None:
    token = run.activated().device.token or ""
    header, payload, signature = _parts(run, token)
    key = SigningKey.generate()
    other = f"{header}.{payload}.{b64u_encode(key.sign(f'{header}.{payload}'.encode()).signature)}"
    place = len(signature) // 2
    flipped = "A" if signature[place] != "A" else "B"
    altered = f"{header}.{payload}.{signature[:place]}{flipped}{signature[place + 1 :]}"
    unsigned = b64u_encode(json.dumps({"alg": "none", "typ": "device-access+jwt"}).encode())
    for forged, note in (
        (altered, "signature of the token altered"),
        (other, "token signed by another key"),
        (f"{unsigned}.{payload}.", "token with alg none"),
    ):
        for route in _routes(run):
            require_refusal(route.once(NO_FLAW, note, token=forged), 401, "invalid_token")


def token_type(run: Run) -> None:
    run.activated()
    license_ = next((one for one in run.documents if one.kind == "license"), None)
    if license_ is None:
        raise NotChecked("the backend gave out no license")
    for route in _routes(run):
        answer = route.once(NO_FLAW, "a license as token", token=license_.text)
        require_refusal(answer, 401, "invalid_token")


def token_expired(run: Run) -> None:
    """Checked last, because it turns the clock to after the token's end."""
    paid = run.activated()
    device = paid.device
    run.controls.customer(paid.customer_id, "cancel", atPeriodEnd=True)
    ends_ms = _end_of(run, device.token or "")
    run.advance_to(max(ends_ms, run.controls.now_ms()) + HOUR_MS)
    old = device.token
    params = {"deviceId": device.id}
    status = device.call("GET", wire.LICENSE_STATUS, token=old, params=params)
    require_status(status, 200)
    portal = device.call("POST", wire.PORTAL, token=old, body={})
    require_status(portal, 200)


def _parts(run: Run, token: str) -> tuple[str, str, str]:
    found = _signed(run, token)
    try:
        return found.parts
    except InvalidEncoding:
        raise NotChecked("the token cannot be read (document-form)") from None


def _end_of(run: Run, token: str) -> int:
    ends = _signed(run, token).claims.get("exp")
    if not isinstance(ends, int):
        raise NotChecked("the token has no end (document-lifetime)")
    return ends * 1000


def _signed(run: Run, token: str) -> SignedText:
    return next(one for one in run.documents if one.kind == "token" and one.text == token)


CHECKS = {
    "proof-missing": proof_missing,
    "proof-scheme": proof_scheme,
    "proof-type": proof_type,
    "proof-signature": proof_signature,
    "proof-method": proof_method,
    "proof-url": proof_url,
    "proof-host": proof_host,
    "proof-token": proof_token,
    "proof-key": proof_key,
    "proof-replay": proof_replay,
    "proof-age": proof_age,
    "proof-nonce": proof_nonce,
    "proof-first-call": proof_first_call,
    "token-forged": token_forged,
    "token-type": token_type,
}
LAST_CHECKS = {"token-expired": token_expired}
