"""Faults of backends, each with the rules of `keystead-stub conformance` that must find it."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from keystead.documents import LICENSE_TYP, TOKEN_TYP
from keystead.encoding import b64u_decode, b64u_encode
from keystead.instants import DAY_MS, iso
from keystead.keys import SigningKey
from keystead.wire import nyra as wire
from keystead_stub.stripe_types.webhook_signature import BadSignature, verify
from support.faulty_backend import Asked, Fault, FaultyBackend, Json, Told

STRANGER = SigningKey(b"a stranger to every profile here")
DAY_S = 86_400

#: Fault by name, with the rules that find it.
FAULTS: dict[str, tuple[Fault, set[str]]] = {}


def finds(*rules: str) -> Callable[[Fault], Fault]:
    """Register a fault, which exactly these rules find."""

    def register(fault: Fault) -> Fault:
        FAULTS[getattr(fault, "__name__", "").replace("_", "-")] = (fault, set(rules))
        return fault

    return register


def claims_of(text: str) -> Json:
    found: Json = json.loads(b64u_decode(text.split(".")[1]))
    return found


def altered_license(
    backend: FaultyBackend, told: Told, alter: Callable[[Json], object], **header: Any
) -> Told:
    """Return the answer with its license altered and signed again."""
    text = told.json.get("license")
    if not text:
        return told
    claims = claims_of(text)
    alter(claims)
    return told.with_json(
        told.json | {"license": backend.sign(claims, header.pop("typ", LICENSE_TYP), **header)}
    )


# Documents.


@finds("document-audience")
def license_for_another_product(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda claims: claims.update(aud="other"))


@finds("document-issuer")
def license_by_another_issuer(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda claims: claims.update(iss="https://else.example"))


@finds("document-grace")
def license_ends_past_its_grace(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda claims: claims.update(exp=claims["exp"] + DAY_S))


@finds("document-lifetime")
def license_ends_before_it_begins(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda claims: claims.update(exp=claims["iat"] - 1))


@finds("document-claims")
def license_without_refresh_time(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda claims: claims.pop("refreshAfterSeconds"))


@finds("document-binding")
def license_for_every_device(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(
        backend, told, lambda claims: claims.update(cnf={"jkt": STRANGER.thumbprint})
    )


@finds("document-jti")
def license_with_a_constant_jti(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda claims: claims.update(jti="license"))


@finds("document-algorithm")
def license_says_rs256(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda _: None, alg="RS256")


@finds("document-type")
def license_says_jwt(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda _: None, typ="JWT")


@finds("document-header")
def license_brings_a_critical_header(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda _: None, crit=["exp"])


@finds("document-key")
def license_by_an_unknown_key(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda _: None, key=STRANGER, kid=STRANGER.kid)


@finds("document-signature")
def license_with_a_wrong_signature(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda _: None, key=STRANGER)


@finds("document-form")
def license_with_padding(_: FaultyBackend, __: Asked, told: Told) -> Told:
    text = told.json.get("license")
    return told.with_json(told.json | {"license": f"{text}=="}) if text else told


@finds("document-token-end")
def token_end_told_a_second_late(_: FaultyBackend, __: Asked, told: Told) -> Told:
    ends = told.json.get("deviceAccessTokenExpiresAt")
    return told.with_json(told.json | {"deviceAccessTokenExpiresAt": ends + 1000}) if ends else told


@finds("document-refusal")
def token_with_a_refusal(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    if told.json.get("status") != "canceled" or not told.json.get("license"):
        return told
    signed = claims_of(told.json["license"])
    names = ("iss", "sub", "aud", "iat", "exp", "jti", "deviceId", "cnf")
    ends_ms = signed["exp"] * 1000
    token = {name: signed[name] for name in names} | {"expiresAt": ends_ms}
    return told.with_json(
        told.json
        | {
            "deviceAccessToken": backend.sign(token, TOKEN_TYP),
            "deviceAccessTokenExpiresAt": ends_ms,
            "deviceAccessTokenExpiresAtIso": iso(ends_ms),
        }
    )


# Status.


@finds("status-nonce")
def nonce_is_not_returned(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(backend, told, lambda claims: claims.pop("nonce", None))


@finds("status-without-nonce")
def nonce_of_nobody(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return altered_license(
        backend, told, lambda claims: claims.setdefault("nonce", "0123456789abcdef")
    )


@finds("status-agrees")
def seats_outside_the_license(_: FaultyBackend, __: Asked, told: Told) -> Told:
    paid = told.json.get("entitlement")
    return told.with_json(told.json | {"entitlement": paid | {"seats": 99}}) if paid else told


@finds("status-server-time")
def server_time_in_the_past(_: FaultyBackend, __: Asked, told: Told) -> Told:
    if told.json.get("status") != "active":
        return told
    return told.with_json(told.json | {"serverTime": told.json["serverTime"] - 40_000})


@finds("status-open")
def open_checkout_is_active(_: FaultyBackend, __: Asked, told: Told) -> Told:
    if told.json.get("status") != wire.CHECKOUT_OPEN:
        return told
    return told.with_json(told.json | {"active": True})


@finds("status-other-session")
def session_of_another_device_is_answered(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    session = asked.query.get("checkoutSessionId")
    if session and told.status == 200:
        backend.memory[session] = told
    return backend.memory.get(session, told) if told.status == 404 else told


# Proofs: the faulty backend answers what it should refuse, as it answered the last good request.


def accepts(wrong: Callable[[FaultyBackend, Asked], bool]) -> Fault:
    def fault(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
        route = (asked.method, asked.path, asked.query.get("checkoutSessionId"))
        if told.status == 200:
            backend.memory[route] = told
        refused = told.status == 401 and wrong(backend, asked)
        return backend.memory.get(route, told) if refused else told

    return fault


def proof_fault(rule: str, wrong: Callable[[FaultyBackend, Asked], bool]) -> None:
    FAULTS[f"accepts-{rule}"] = (accepts(wrong), {rule})


def _signer(asked: Asked) -> str:
    jwk = asked.proof_header.get("jwk", {})
    canonical = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % jwk.get("x", "")
    return b64u_encode(sha256(canonical.encode()).digest())


def _is_signed(asked: Asked) -> bool:
    signed, _, signature = asked.headers["dpop"].rpartition(".")
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(b64u_decode(asked.proof_header["jwk"]["x"])).verify(
            signed.encode(), b64u_decode(signature)
        )
    except BadSignatureError:
        return False
    return True


def _ath(asked: Asked) -> str | None:
    return b64u_encode(sha256(asked.token.encode()).digest()) if asked.token else None


def _replayed(backend: FaultyBackend, asked: Asked) -> bool:
    seen = backend.memory.setdefault("seen", set())
    name = (asked.path, asked.headers.get("dpop"))
    before = name in seen and "dpop" in asked.headers
    seen.add(name)
    return before


def _accepts_replay(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    again = _replayed(backend, asked)
    return accepts(lambda *_: again)(backend, asked, told)


def _is_addressed(backend: FaultyBackend, asked: Asked) -> bool:
    return backend.url.endswith(f"//{asked.headers['host']}")


proof_fault("proof-missing", lambda _, asked: bool(asked.token) and "dpop" not in asked.headers)
proof_fault(
    "proof-scheme", lambda _, asked: asked.headers.get("authorization", "").startswith("Bearer")
)
proof_fault("proof-type", lambda _, asked: asked.proof_header.get("typ") == "JWT")
proof_fault("proof-method", lambda _, asked: asked.proof.get("htm", asked.method) != asked.method)
proof_fault(
    "proof-url",
    lambda backend, asked: (
        bool(asked.token)
        and _is_addressed(backend, asked)
        and asked.proof.get("htu", backend.url + asked.path) != backend.url + asked.path
    ),
)
proof_fault(
    "proof-host",
    lambda backend, asked: (
        not _is_addressed(backend, asked)
        and asked.proof["htu"] == f"https://{asked.headers['host']}{asked.path}"
    ),
)
proof_fault(
    "proof-token",
    lambda _, asked: bool(asked.proof.get("ath")) and asked.proof["ath"] != _ath(asked),
)
proof_fault("proof-signature", lambda _, asked: "dpop" in asked.headers and not _is_signed(asked))
proof_fault(
    "proof-key",
    lambda _, asked: (
        bool(asked.token)
        and "dpop" in asked.headers
        and len(asked.token.split(".")) == 3
        and _is_signed(asked)
        and claims_of(asked.token).get("cnf", {}).get("jkt") != _signer(asked)
    ),
)
FAULTS["accepts-proof-replay"] = (_accepts_replay, {"proof-replay"})


@finds("proof-nonce")
def refusal_without_a_nonce(_: FaultyBackend, __: Asked, told: Told) -> Told:
    return told.without("dpop-nonce") if told.status == 401 else told


@finds("proof-first-call")
def first_call_without_a_proof(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    wrong = "checkoutSessionId" in asked.query and "dpop" not in asked.headers
    return accepts(lambda *_: wrong)(backend, asked, told)


@finds("token-type")
def license_as_a_token(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    header = asked.token.split(".")[0]
    is_license = bool(header) and b"license+jwt" in b64u_decode(header)
    return accepts(lambda *_: is_license)(backend, asked, told)


@finds("token-expired")
def expired_token_is_refused(_: FaultyBackend, asked: Asked, told: Told) -> Told:
    if told.status != 200 or not asked.token:
        return told
    now_ms = told.json.get("serverTime")
    ended = now_ms is not None and claims_of(asked.token)["exp"] * 1000 < now_ms
    challenge = (("content-type", "application/problem+json"), ("www-authenticate", "DPoP"))
    refusal = {
        "type": "about:blank",
        "title": "Invalid credentials",
        "status": 401,
        "code": "invalid_token",
        "requestId": "1",
    }
    return Told(401, challenge, b"").with_json(refusal) if ended else told


# Expiry.


def boundary_moved(
    backend: FaultyBackend, told: Told, by_ms: int, applies: Callable[[Json], bool]
) -> Told:
    """Move the grace boundary, everywhere that it stands, where the fault applies."""
    grace = told.json.get("offlineGrace")
    if not grace or not applies(told.json):
        return told
    ends_ms = grace["endsAt"] + by_ms
    moved = grace | {"endsAt": ends_ms, "endsAtIso": iso(ends_ms)}
    answer = told.with_json(told.json | {"offlineGrace": moved})
    return altered_license(
        backend,
        answer,
        lambda claims: claims.update(offlineGrace=moved, exp=ends_ms // 1000),
    )


@finds("expiry-renewing")
def renewing_gets_another_day(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return boundary_moved(
        backend,
        told,
        DAY_MS,
        lambda body: body["status"] == "active" and not body["entitlement"]["cancelAtPeriodEnd"],
    )


@finds("expiry-cancelling")
def cancelling_gets_grace(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return boundary_moved(
        backend,
        told,
        3 * DAY_MS,
        lambda body: body["active"] and body["entitlement"]["cancelAtPeriodEnd"],
    )


@finds("expiry-past-due")
def past_due_moves_forward(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return boundary_moved(backend, told, 30 * DAY_MS, lambda body: body["status"] == "past_due")


@finds("expiry-settling")
def settling_for_two_days(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    return boundary_moved(
        backend, told, DAY_MS, lambda body: body["active"] and body["status"] == "settling"
    )


@finds("expiry-not-entitled")
def refusal_is_not_signed(_: FaultyBackend, __: Asked, told: Told) -> Told:
    ended = told.json.get("status") == "canceled" and told.json.get("reason") != "refunded"
    return told.with_json(told.json | {"license": None}) if ended else told


@finds("expiry-refunded")
def refund_has_no_reason(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    if told.json.get("reason") != "refunded":
        return told
    return altered_license(backend, told, lambda claims: claims.pop("reason"))


# Checkout, devices, portal.


@finds("checkout-answer")
def checkout_without_an_end(_: FaultyBackend, asked: Asked, told: Told) -> Told:
    if asked.path != wire.CHECKOUT or told.status != 200:
        return told
    return told.with_json(told.json | {"expiresAt": told.json["expiresAt"] // 1000})


def checkout_accepts(wrong: Callable[[Asked, Told], bool]) -> Fault:
    def fault(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
        if asked.path != wire.CHECKOUT:
            return told
        if told.status == 200:
            backend.memory["checkout"] = told
        return backend.memory.get("checkout", told) if wrong(asked, told) else told

    return fault


FAULTS["checkout-for-any-device-key"] = (
    checkout_accepts(
        lambda asked, told: (
            told.status == 400
            and told.json.get("detail", "").startswith("deviceId is not the thumbprint")
        )
    ),
    {"checkout-device-key"},
)
FAULTS["checkout-for-a-key-of-small-order"] = (
    checkout_accepts(
        lambda asked, told: (
            told.status == 400
            and asked.json.get("devicePublicKey") == b64u_encode(b"\x01" + bytes(31))
        )
    ),
    {"checkout-device-key"},
)
FAULTS["checkout-sells-twice"] = (
    checkout_accepts(lambda _, told: told.status == 409),
    {"checkout-entitled"},
)
FAULTS["checkout-by-any-proof"] = (
    checkout_accepts(lambda _, told: told.status == 401),
    {"checkout-proof"},
)


@finds("devices-limit")
def device_limit_is_not_kept(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    if told.json.get("license"):
        backend.memory["status"] = told
    over = told.json.get("code") == "device_limit"
    unsigned = {"license": None, "deviceAccessToken": None}
    last: Told | None = backend.memory.get("status")
    return last.with_json(last.json | unsigned) if over and last else told


@finds("devices-removed-token")
def removed_device_keeps_its_token(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    wrong = asked.path == wire.DEVICES and told.json.get("detail", "").endswith("no longer active.")
    return accepts(lambda *_: wrong)(backend, asked, told)


@finds("devices-removal")
def removal_is_another_status(backend: FaultyBackend, _: Asked, told: Told) -> Told:
    if told.json.get("status") != wire.DEVICE_REMOVED:
        return told
    answer = told.with_json(told.json | {"status": "canceled"})
    return altered_license(backend, answer, lambda claims: claims.update(status="canceled"))


@finds("portal-answer")
def portal_by_plain_http(_: FaultyBackend, asked: Asked, told: Told) -> Told:
    if asked.path != wire.PORTAL or told.status != 200:
        return told
    return told.with_json(told.json | {"url": "http://portal.example/"})


# Webhooks.


def webhook_answer(duplicate: bool = False) -> bytes:
    return json.dumps({"received": True, "duplicate": duplicate}).encode()


def webhook_accepts(wrong: Callable[[FaultyBackend, Asked], bool]) -> Fault:
    def fault(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
        if asked.path != wire.WEBHOOK or told.status != 400 or not wrong(backend, asked):
            return told
        return Told(200, (("content-type", "application/json"),), webhook_answer())

    return fault


def _fits(backend: FaultyBackend, asked: Asked) -> bool:
    """Whether the signature is right, apart from its time."""
    header = asked.headers.get("stripe-signature", "")
    time_s = header.removeprefix("t=").partition(",")[0]
    at_s = int(time_s) if time_s.isdigit() else 0
    try:
        verify(asked.body, header, backend.settings.webhook_secrets, now_s=at_s)
    except BadSignature:
        return False
    return True


FAULTS["webhook-without-a-signature"] = (
    webhook_accepts(lambda _, asked: "stripe-signature" not in asked.headers),
    {"webhook-unsigned"},
)
FAULTS["webhook-with-any-signature"] = (
    webhook_accepts(
        lambda backend, asked: "stripe-signature" in asked.headers and not _fits(backend, asked)
    ),
    {"webhook-forged", "webhook-altered"},
)
FAULTS["webhook-of-any-age"] = (webhook_accepts(_fits), {"webhook-old"})


@finds("webhook-duplicate")
def duplicates_are_not_told(_: FaultyBackend, asked: Asked, told: Told) -> Told:
    repeated = asked.path == wire.WEBHOOK and told.json.get("duplicate")
    return told.with_json({"received": True, "duplicate": False}) if repeated else told


@finds("webhook-late-event")
def late_event_undoes_a_later_one(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    if asked.path == wire.WEBHOOK and asked.json.get("type") == "customer.subscription.updated":
        if asked.json["data"]["object"]["status"] == "incomplete":
            backend.memory["undone"] = True
        return told
    if backend.memory.pop("undone", False) and told.json.get("license"):
        answer = told.with_json(told.json | {"status": "incomplete"})
        return altered_license(backend, answer, lambda claims: claims.update(status="incomplete"))
    return told


# Errors, HTTP, health.


@finds("error-documents")
def errors_are_html(_: FaultyBackend, asked: Asked, told: Told) -> Told:
    if told.status != 404:
        return told
    return Told(404, (("content-type", "text/html"),), b"<h1>Not Found</h1>")


@finds("error-no-leaks")
def errors_show_the_stack(_: FaultyBackend, __: Asked, told: Told) -> Told:
    if told.status != 400:
        return told
    return told.with_json(
        told.json | {"detail": "TypeError\n    at checkout (/srv/billing/checkout.js:12:7)"}
    )


@finds("error-challenge")
def refusal_without_a_challenge(_: FaultyBackend, __: Asked, told: Told) -> Told:
    return told.without("www-authenticate") if told.status == 401 else told


@finds("http-method")
def methods_are_not_named(_: FaultyBackend, __: Asked, told: Told) -> Told:
    return told.without("allow") if told.status == 405 else told


@finds("http-body-size")
def large_bodies_are_read(_: FaultyBackend, __: Asked, told: Told) -> Told:
    if told.status != 413:
        return told
    return told.with_json(told.json | {"status": 400, "code": "invalid_request"}, status=400)


@finds("cors-foreign")
def every_website_may_read(_: FaultyBackend, asked: Asked, told: Told) -> Told:
    origin = asked.headers.get("origin")
    if origin is None:
        return told
    return Told(told.status, (*told.headers, ("access-control-allow-origin", origin)), told.body)


@finds("health-shape")
def health_without_a_database(_: FaultyBackend, asked: Asked, told: Told) -> Told:
    if asked.path != wire.HEALTH:
        return told
    found = told.json
    found["checks"].pop("database")
    return told.with_json(found)


@finds("health-names-only")
def health_shows_a_secret(backend: FaultyBackend, asked: Asked, told: Told) -> Told:
    if asked.path != wire.HEALTH:
        return told
    found = told.json
    found["checks"]["vars"]["STRIPE_WEBHOOK_SECRET"] = "whsec_4eC39HqLyjWDarjtT1zdp7dc"
    return told.with_json(found)
