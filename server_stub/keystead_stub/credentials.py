"""Who is asking: the bearer of contract §3, which is a bound token and a proof (RFC 9449).

A wrong local clock never locks anyone out: a proof whose time is not ours is answered with a
nonce, and a proof with that nonce is judged by it.
"""

from __future__ import annotations

import hmac

import msgspec

from keystead import proof, trust
from keystead.documents import DeviceAccessToken
from keystead.errors import InvalidDocument
from keystead.instants import SECOND_MS, to_ms, to_seconds
from keystead_stub.refusals import Refused
from keystead_stub.services import Services
from keystead_stub.store import devices

#: How long a used proof is remembered, by the machine's clock: twice what any clock would take.
REMEMBERED_MS = 20 * 60 * SECOND_MS
_CHALLENGE = 'DPoP algs="EdDSA"'


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says of its sender. `url` is the request's own, without its query."""

    method: str
    url: str
    authorization: str | None
    proof: str | None

    @property
    def credential(self) -> tuple[str, str]:
        """The scheme in lower case, and the credential."""
        scheme, _, value = (self.authorization or "").partition(" ")
        return scheme.lower(), value.strip()


def device_bearer(
    services: Services, asked: Asked, *, accept_expired: bool = False
) -> DeviceAccessToken:
    """The token of a device in use that has proved to hold its key.

    With `accept_expired` the token may have ended and the device been removed: what such a device
    may ask is the caller's to say. Raises Refused (``invalid_token``).
    """
    scheme, compact = asked.credential
    if scheme != "dpop":
        raise refuse(services, "A device access token and its proof are needed.", "invalid_token")
    try:
        token = trust.verify_token(compact, keys=services.keys, product=services.terms.audience)
    except InvalidDocument:
        raise refuse(services, "The token does not hold.", "invalid_token") from None
    if not accept_expired and to_ms(token.exp) <= services.now_ms():
        raise refuse(services, "The token has expired.", "invalid_token")
    prove(services, asked, device_id=token.device_id, token=compact)
    if not accept_expired:
        _refuse_removed(services, token)
    return token


def _refuse_removed(services: Services, token: DeviceAccessToken) -> None:
    with services.store.read() as connection:
        row = devices.device(connection, token.device_id)
    if row is None or row.removed_at is not None or row.customer_id != token.sub:
        raise refuse(services, "The device is no longer in use.", "invalid_token")


def prove(
    services: Services, asked: Asked, *, device_id: str | None, token: str | None = None
) -> proof.Proof:
    """The proof of this request, by this device's key, used for the first time.

    Raises Refused (``invalid_token``) with a fresh nonce.
    """
    checked = _check(services, asked, token)
    if device_id is not None and checked.thumbprint != device_id:
        raise refuse(services, "The proof is by another device.", "invalid_dpop_proof")
    now_ms = round(services.machine_s() * SECOND_MS)
    with services.store.write() as connection:
        fresh = devices.use_proof(
            services.store,
            connection,
            jkt=checked.thumbprint,
            jti=checked.jti,
            expires_at=now_ms + REMEMBERED_MS,
        )
    if not fresh:
        raise refuse(services, "The proof was used before.", "invalid_dpop_proof")
    return checked


def _check(services: Services, asked: Asked, token: str | None) -> proof.Proof:
    if not asked.proof:
        raise refuse(services, "A proof of possession is needed.", "invalid_dpop_proof")
    try:
        return proof.check_proof(
            asked.proof,
            method=asked.method,
            url=asked.url,
            now_s=to_seconds(services.now_ms()),
            token=token,
            accepts_nonce=services.nonces.knows,
        )
    except InvalidDocument as error:
        stale = error.code == "stale_proof"
        raise refuse(
            services, error.sentence, "use_dpop_nonce" if stale else "invalid_dpop_proof"
        ) from None


def is_operator(services: Services, asked: Asked) -> bool:
    """Whether this is the operator's own token, a plain bearer (contract §3)."""
    scheme, value = asked.credential
    expected = services.settings.license_api_token
    return (
        scheme == "bearer"
        and bool(expected)
        and hmac.compare_digest(value.encode(), expected.encode())
    )


def refuse(services: Services, sentence: str, error: str) -> Refused:
    """A 401 with its challenge (RFC 9449 §7.1, §9) and a nonce to try again with."""
    return Refused(
        sentence,
        code="invalid_token",
        headers={
            "WWW-Authenticate": f'{_CHALLENGE}, error="{error}"',
            "DPoP-Nonce": services.nonces.current(),
        },
    )
