"""Authentication of devices by a bound token and its proof (RFC 9449, specification §7.3).

A wrong local clock never locks anyone out: a proof whose time differs from the server's is
refused with a nonce, and a proof that carries this nonce is judged by it instead of by its time.
"""

from __future__ import annotations

import hmac

import msgspec

from keystead import proof, trust
from keystead.documents import DeviceAccessToken
from keystead.errors import InvalidDocument
from keystead.instants import to_seconds
from keystead_stub.auth.context import AuthContext
from keystead_stub.auth.request_credentials import RequestCredentials
from keystead_stub.auth.seller_audience import is_own_audience
from keystead_stub.http.errors import ProblemError
from keystead_stub.store import devices

_CHALLENGE = 'DPoP algs="EdDSA"'


class Bearer(msgspec.Struct, frozen=True):
    """A verified token and its verified proof, which may have been used before."""

    token: DeviceAccessToken
    proof: proof.Proof


def authenticate_device(context: AuthContext, credentials: RequestCredentials) -> DeviceAccessToken:
    """Verify the token of an active device and its proof, once.

    The token may have expired (specification §7.5): these answers grant nothing, and whoever lapsed
    pays the open invoice from where they are. Raises ProblemError (``invalid_token``).
    """
    bearer = verify_bearer(context, credentials)
    token = bearer.token
    with context.store.write() as connection:
        fresh = context.proofs.use(connection, bearer.proof)
        row = devices.find_device(connection, token.device_id)
    if not fresh:
        raise replayed_proof(context)
    if row is None or row.removed_at is not None or row.customer_id != token.sub:
        raise unauthorized(context, "This device is no longer active.", "invalid_token")
    return token


def verify_bearer(context: AuthContext, credentials: RequestCredentials) -> Bearer:
    """Verify token and proof without the store. The token may have expired.

    The caller checks that the proof wasn't used before (`UsedProofs`), in the transaction that
    answers: a transaction of its own would double the cost of the most frequent request. Raises
    ProblemError (``invalid_token``).
    """
    scheme, compact = credentials.credential
    if scheme != "dpop":
        raise unauthorized(
            context, "A device access token and its proof are required.", "invalid_token"
        )
    try:
        token = _verified_token(context, compact)
        if not is_own_audience(token.aud, context.terms.audience):
            raise InvalidDocument("The token is for another product.", code="wrong_product")
    except InvalidDocument:
        raise unauthorized(
            context, "The device access token is not valid.", "invalid_token"
        ) from None
    return Bearer(token, _proof_of(context, credentials, token.device_id, compact))


def _verified_token(context: AuthContext, compact: str) -> DeviceAccessToken:
    try:
        return trust.verify_token(compact, keys=context.keys, product=None)
    except InvalidDocument as refused:
        if refused.code != "unknown_key":
            raise
    # Devices must not lose their activation with a signing secret that got lost: its public key is
    # in the key manifest for as long as it counts.
    return trust.verify_token(compact, keys=context.manifest_keys(), product=None)


def verify_proof(
    context: AuthContext, credentials: RequestCredentials, *, device_id: str | None
) -> proof.Proof:
    """Verify the proof of a request without a token, and that it is used for the first time.

    Raises ProblemError (``invalid_token``) with a fresh nonce.
    """
    checked = _proof_of(context, credentials, device_id, None)
    with context.store.write() as connection:
        fresh = context.proofs.use(connection, checked)
    if not fresh:
        raise replayed_proof(context)
    return checked


def _proof_of(
    context: AuthContext, credentials: RequestCredentials, device_id: str | None, token: str | None
) -> proof.Proof:
    checked = _checked(context, credentials, token)
    if device_id is not None and checked.thumbprint != device_id:
        raise unauthorized(context, "The proof was made by another device.", "invalid_dpop_proof")
    return checked


def replayed_proof(context: AuthContext) -> ProblemError:
    """Return the 401 for a proof that was used before."""
    return unauthorized(context, "The proof was already used.", "invalid_dpop_proof")


def _checked(
    context: AuthContext, credentials: RequestCredentials, token: str | None
) -> proof.Proof:
    if not credentials.proof:
        raise unauthorized(
            context, "A proof of possession (DPoP) is required.", "invalid_dpop_proof"
        )
    try:
        return proof.check_proof(
            credentials.proof,
            method=credentials.method,
            url=credentials.url,
            now_s=to_seconds(context.now_ms()),
            token=token,
            accepts_nonce=context.nonces.accepts,
        )
    except InvalidDocument as error:
        stale = error.code == "stale_proof"
        raise unauthorized(
            context, error.sentence, "use_dpop_nonce" if stale else "invalid_dpop_proof"
        ) from None


def is_operator(context: AuthContext, credentials: RequestCredentials) -> bool:
    """Return whether this is the operator's token, a plain bearer (specification §7.8)."""
    scheme, value = credentials.credential
    expected = context.settings.license_api_token
    return (
        scheme == "bearer"
        and bool(expected)
        and hmac.compare_digest(value.encode(), expected.encode())
    )


def unauthorized(context: AuthContext, sentence: str, error: str) -> ProblemError:
    """Return a 401 with its challenge (RFC 9449 §7.1, §9) and a nonce for the next attempt."""
    return ProblemError(
        sentence,
        code="invalid_token",
        headers={
            "WWW-Authenticate": f'{_CHALLENGE}, error="{error}"',
            "DPoP-Nonce": context.nonces.current(),
        },
    )
