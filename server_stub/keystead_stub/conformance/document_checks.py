"""Rules about the licenses and tokens that the backend gave out during the run.

Signatures are verified by PyNaCl alone, so that a fault in the project's own codec hides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from keystead.documents import LICENSE_TYP, MAX_SECONDS, TOKEN_TYP, DeviceAccessToken, License
from keystead.encoding import InvalidEncoding, b64u_decode, decode_object
from keystead.instants import iso
from keystead.keys import PublicKey
from keystead_stub.conformance.exchanges import NotChecked, RuleFailed
from keystead_stub.conformance.run_state import Run
from keystead_stub.conformance.signed_texts import SignedText, is_whole

_ALGORITHMS = ("EdDSA", "Ed25519")
_REFUSED_HEADERS = ("crit", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "b64", "zip", "enc")
_TYPES = {"license": LICENSE_TYP, "token": TOKEN_TYP}


def document_form(run: Run) -> None:
    for one in _documents(run):
        try:
            header, payload, signature = (b64u_decode(part) for part in one.parts)
            decode_object(header)
            decode_object(payload)
        except InvalidEncoding as error:
            raise _fault(one, f"it is no strict compact JWS ({error})") from None
        if len(signature) != 64:
            raise _fault(one, f"its signature has {len(signature)} bytes and should have 64")


def document_algorithm(run: Run) -> None:
    for one in _documents(run):
        if one.header.get("alg") not in _ALGORITHMS:
            raise _fault(one, f"alg is {one.header.get('alg')!r}")


def document_header(run: Run) -> None:
    for one in _documents(run):
        found = [name for name in _REFUSED_HEADERS if name in one.header]
        if found:
            raise _fault(one, f"its header has {', '.join(found)}")


def document_type(run: Run) -> None:
    for one in _documents(run):
        if one.header.get("typ") != _TYPES[one.kind]:
            raise _fault(one, f"typ is {one.header.get('typ')!r}, not {_TYPES[one.kind]!r}")


def document_key(run: Run) -> None:
    for one in _documents(run):
        if _key_of(run, one) is None:
            raise _fault(one, f"kid is {one.header.get('kid')!r}, which is not pinned")


def document_signature(run: Run) -> None:
    for one in _documents(run):
        key = _key_of(run, one)
        if key is None:
            raise NotChecked("the key is not known (document-key)")
        signed, _, signature = one.text.rpartition(".")
        try:
            signature_bytes = b64u_decode(signature)
        except InvalidEncoding:
            raise NotChecked("the signature cannot be read (document-form)") from None
        try:
            VerifyKey(key.raw).verify(signed.encode(), signature_bytes)
        except (BadSignatureError, ValueError):
            raise _fault(one, f"its signature is not by the key {key.kid!r}") from None


def document_claims(run: Run) -> None:
    for one in _documents(run):
        try:
            msgspec.convert(one.claims, License if one.kind == "license" else DeviceAccessToken)
        except msgspec.ValidationError as error:
            raise _fault(one, str(error)) from None
        if one.kind == "license" and one.claims["active"] and one.claims["entitlement"] is None:
            raise _fault(one, "it is active and has no entitlement")


def document_audience(run: Run) -> None:
    _compare(run, "aud", lambda _: (run.profile.product_id,))


def document_issuer(run: Run) -> None:
    origin = "/".join(run.backend.url.split("/")[:3])
    known = (run.backend.url, origin, *run.profile.issuers)
    _compare(run, "iss", lambda _: known)


def document_binding(run: Run) -> None:
    for one in _documents(run):
        bound = one.claims.get("cnf")
        named = bound.get("jkt") if isinstance(bound, dict) else None
        if (one.claims.get("deviceId"), named) != (one.device_id, one.device_id):
            raise _fault(one, "it is not bound to the device that asked")


def document_lifetime(run: Run) -> None:
    for one in _documents(run):
        begins, ends = one.claims.get("iat"), one.claims.get("exp")
        if not (is_whole(begins) and is_whole(ends)):
            raise _fault(one, "iat or exp is no integer")
        if not 0 < _int(begins) < _int(ends) <= MAX_SECONDS:
            raise _fault(one, f"iat is {begins} and exp {ends}, in seconds")


def document_grace(run: Run) -> None:
    for one in _documents(run):
        grace = one.answer.members.get("offlineGrace")
        if one.kind == "license":
            grace = one.claims.get("offlineGrace")
        boundary = grace.get("endsAt") if isinstance(grace, dict) else None
        if not is_whole(boundary):
            raise _fault(one, "no offlineGrace.endsAt comes with it")
        ends = one.claims.get("exp")
        if is_whole(ends) and _int(ends) * 1000 > _int(boundary):
            raise _fault(one, f"exp is {ends} s, and the grace boundary {boundary} ms")
        if isinstance(grace, dict) and grace.get("endsAtIso") != iso(_int(boundary)):
            raise _fault(one, "endsAtIso and endsAt are not the same instant")


def document_token_end(run: Run) -> None:
    for one in _documents(run, "token"):
        ends_ms = _int(one.claims.get("exp")) * 1000
        if one.claims.get("expiresAt") != ends_ms:
            raise _fault(one, f"expiresAt is {one.claims.get('expiresAt')}, and exp {ends_ms} ms")
        told = one.answer.members
        outside = (
            told.get("deviceAccessTokenExpiresAt"),
            told.get("deviceAccessTokenExpiresAtIso"),
        )
        if outside != (ends_ms, iso(ends_ms)):
            raise _fault(one, "deviceAccessTokenExpiresAt is another instant")


def document_jti(run: Run) -> None:
    seen: set[tuple[str, str]] = set()
    for one in _documents(run):
        name = (one.kind, str(one.claims.get("jti")))
        if name in seen:
            raise _fault(one, "another one has the same jti")
        seen.add(name)


def document_order(run: Run) -> None:
    """Compare licenses of one device as they came: the newest must be recognizable."""
    newest: dict[str, tuple[int, str]] = {}
    for one in _documents(run, "license"):
        found = (_int(one.claims.get("iat")), str(one.claims.get("jti")))
        before = newest.get(one.device_id, (0, ""))
        # A jti that came before is a fault of its own (document-jti).
        if found < before:
            raise _fault(one, "it is older than the one before it, by iat and jti")
        newest[one.device_id] = found


def document_refusal(run: Run) -> None:
    refusals = [one for one in _documents(run, "license") if one.claims.get("active") is False]
    if not refusals:
        raise NotChecked("nothing was refused during this run")
    for one in refusals:
        run.cite(one.answer)
        if one.answer.members.get("deviceAccessToken") is not None:
            raise _fault(one, "a token comes with active: false")


def _documents(run: Run, kind: str | None = None) -> Iterator[SignedText]:
    """Yield the documents of the run, citing the answer of each. Raises NotChecked for none."""
    found = [one for one in run.documents if kind in (None, one.kind)]
    if not found:
        raise NotChecked("the backend gave out no document")
    for one in found:
        run.cite(one.answer)
        yield one


def _compare(run: Run, claim: str, known: Callable[[SignedText], tuple[str, ...]]) -> None:
    for one in _documents(run):
        found, expected = one.claims.get(claim), known(one)
        if found not in expected:
            raise _fault(one, f"{claim} is {found!r} and should be {expected[0]!r}")


def _key_of(run: Run, one: SignedText) -> PublicKey | None:
    kid = one.header.get("kid")
    return run.keys.get(kid) if isinstance(kid, str) else None


def _int(value: Any) -> int:
    return value if is_whole(value) else 0


def _fault(one: SignedText, what: str) -> RuleFailed:
    return RuleFailed(f"a {one.kind}: {what}")


CHECKS = {
    "document-form": document_form,
    "document-algorithm": document_algorithm,
    "document-header": document_header,
    "document-type": document_type,
    "document-key": document_key,
    "document-signature": document_signature,
    "document-claims": document_claims,
    "document-audience": document_audience,
    "document-issuer": document_issuer,
    "document-binding": document_binding,
    "document-lifetime": document_lifetime,
    "document-grace": document_grace,
    "document-token-end": document_token_end,
    "document-jti": document_jti,
    "document-order": document_order,
    "document-refusal": document_refusal,
}
