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
from keystead.instants import to_ms, to_seconds
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import devices

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


class Bearer(msgspec.Struct, frozen=True):
    """A token that holds, and a proof that does, but for its having been used before."""

    token: DeviceAccessToken
    proof: proof.Proof


def device_bearer(services: Services, asked: Asked) -> DeviceAccessToken:
    """The token of a device in use that has proved to hold its key.

    Raises ProblemError (``invalid_token``).
    """
    bearer = judge(services, asked)
    token = bearer.token
    if to_ms(token.exp) <= services.now_ms():
        raise refuse(services, "The token has expired.", "invalid_token")
    with services.store.write() as connection:
        fresh = services.proofs.use(connection, bearer.proof)
        row = devices.device(connection, token.device_id)
    if not fresh:
        raise replayed(services)
    if row is None or row.removed_at is not None or row.customer_id != token.sub:
        raise refuse(services, "The device is no longer in use.", "invalid_token")
    return token


def judge(services: Services, asked: Asked) -> Bearer:
    """The bearer as far as it can be judged without the store; the token may have ended.

    The caller has to see that the proof was not used before (`UsedProofs`), within the transaction
    that answers. Raises ProblemError (``invalid_token``).
    """
    scheme, compact = asked.credential
    if scheme != "dpop":
        raise refuse(services, "A device access token and its proof are needed.", "invalid_token")
    try:
        token = trust.verify_token(compact, keys=services.keys, product=services.terms.audience)
    except InvalidDocument:
        raise refuse(services, "The token does not hold.", "invalid_token") from None
    return Bearer(token, _by(services, asked, token.device_id, compact))


def prove(services: Services, asked: Asked, *, device_id: str | None) -> proof.Proof:
    """The proof of this request, without a token, used for the first time.

    Raises ProblemError (``invalid_token``) with a fresh nonce.
    """
    checked = _by(services, asked, device_id, None)
    with services.store.write() as connection:
        fresh = services.proofs.use(connection, checked)
    if not fresh:
        raise replayed(services)
    return checked


def _by(services: Services, asked: Asked, device_id: str | None, token: str | None) -> proof.Proof:
    checked = _check(services, asked, token)
    if device_id is not None and checked.thumbprint != device_id:
        raise refuse(services, "The proof is by another device.", "invalid_dpop_proof")
    return checked


def replayed(services: Services) -> ProblemError:
    return refuse(services, "The proof was used before.", "invalid_dpop_proof")


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


def refuse(services: Services, sentence: str, error: str) -> ProblemError:
    """A 401 with its challenge (RFC 9449 §7.1, §9) and a nonce to try again with."""
    return ProblemError(
        sentence,
        code="invalid_token",
        headers={
            "WWW-Authenticate": f'{_CHALLENGE}, error="{error}"',
            "DPoP-Nonce": services.nonces.current(),
        },
    )
