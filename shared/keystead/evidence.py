"""A program's evidence: what the files beside it prove, and what that allows. Pure.

A program reads the files that the daemon left, verifies them by the keys that it was built with,
and decides. What was verified stays while the program runs: a file that is refused or older never
replaces it.
"""

from __future__ import annotations

import msgspec

from keystead import trusted_time
from keystead.activation import Activation, decide
from keystead.device_statement import read_statement
from keystead.documents import License
from keystead.errors import InvalidDocument
from keystead.instants import to_ms
from keystead.key_manifest import KeyManifest
from keystead.keys import KeySet
from keystead.signing_keys import SigningKeys
from keystead.trust import Newest, accept_license, check_order, verify_license
from keystead.trusted_time import Anchor, ClockReading, TimeState


class TrustAnchors(msgspec.Struct, frozen=True):
    """What the program was built with, and the binding of its state folder (`machine.binding`).

    ``roots`` are the profile's root keys, None where it names none.
    """

    product: str
    keys: KeySet
    binding: str
    roots: KeySet | None = None


class EvidenceFiles(msgspec.Struct, frozen=True):
    """``license.jws``, ``device.jws`` and ``keys.jws``, None where there is no file."""

    license: bytes | None = None
    device: bytes | None = None
    manifest: bytes | None = None


class Evidence(msgspec.Struct, frozen=True):
    """What was verified: the license in force here, or the code with which it was refused.

    ``text`` is the license's compact JWS. ``manifest`` is the newest key manifest that was found.
    """

    license: License | None = None
    time: TimeState = TimeState()
    refused: str | None = None
    checkout_open: bool = False
    text: bytes | None = None
    manifest: KeyManifest | None = None


def with_files(
    known: Evidence, files: EvidenceFiles, anchors: TrustAnchors, reading: ClockReading
) -> Evidence:
    """Return the evidence after files were read; a refused license never replaces a license.

    Except that a license ends here too when a newer key manifest leaves out the key that signed it.
    """
    keys = _signing_keys(known, anchors).with_file(files.manifest)
    if keys.manifest != known.manifest:
        known = _by_keys(known, keys)
    try:
        found = _verified(known, files, anchors, keys, reading)
    except InvalidDocument as refusal:
        found = Evidence(refused=refusal.code)
    if found.license is None and known.license is not None:
        return known
    return msgspec.structs.replace(found, checkout_open=known.checkout_open, manifest=keys.manifest)


def decide_at(evidence: Evidence, reading: ClockReading) -> tuple[int, Activation]:
    """Return the trusted time (ms) at a reading of the clocks, and what is allowed then."""
    license = evidence.license
    floor_ms = to_ms(license.iat) if license else 0
    now_ms = trusted_time.trusted_now(evidence.time, reading, floor_ms).now_ms
    return now_ms, decide(
        license, now_ms, checkout_open=evidence.checkout_open, refused=evidence.refused
    )


def features_of(license: License | None) -> frozenset[str]:
    """Return the features that are paid for, and the modules that are switched on."""
    paid = license.entitlement if license else None
    if paid is None:
        return frozenset()
    return frozenset(paid.features) | {name for name, on in paid.modules.items() if on}


def _signing_keys(known: Evidence, anchors: TrustAnchors) -> SigningKeys:
    manifest = known.manifest
    return SigningKeys(
        product=anchors.product,
        pinned=anchors.keys,
        roots=anchors.roots,
        manifest=manifest,
        highest=manifest.remembered if manifest is not None else None,
    )


def _by_keys(known: Evidence, keys: SigningKeys) -> Evidence:
    """Return the evidence under a newer manifest, which may have ended its license.

    What a revoked key said of the time counts no more than its license.
    """
    known = msgspec.structs.replace(known, manifest=keys.manifest)
    if known.text is None:
        return known
    try:
        verify_license(known.text, keys=keys.in_force(), product=keys.product)
    except InvalidDocument as refusal:
        return Evidence(
            refused=refusal.code, checkout_open=known.checkout_open, manifest=keys.manifest
        )
    return known


def _verified(
    known: Evidence,
    files: EvidenceFiles,
    anchors: TrustAnchors,
    keys: SigningKeys,
    reading: ClockReading,
) -> Evidence:
    """Return the files as evidence. Raises InvalidDocument by the first rule that one breaks."""
    if files.license is None:
        return Evidence()
    if files.device is None:
        raise InvalidDocument("No statement binds the license here.", code="wrong_device")
    device = read_statement(files.device.strip(), binding=anchors.binding)
    text = files.license.strip()
    document = accept_license(
        text,
        # Of this statement only: another device's must not say what was accepted here.
        keys=keys.remember(device.key_manifest).in_force(),
        product=anchors.product,
        device=device.device_id,
        newest=None,
    )
    anchor = trusted_time.anchor_of(document, device.nonce_opening)
    if anchor is not None and _answers_later_question(anchor, known.time.anchor, reading):
        time = trusted_time.with_answer(known.time, anchor, reading)
    else:
        check_order(document, Newest.of(known.license) if known.license else None)
        time = trusted_time.with_floor(known.time, to_ms(document.iat), reading)
    if device.mark is not None:
        time = trusted_time.with_mark(time, device.mark, reading)
    if anchor is not None:
        time = trusted_time.with_anchor(time, anchor, reading)
    return Evidence(document, time, text=text)


def _answers_later_question(anchor: Anchor, known: Anchor | None, reading: ClockReading) -> bool:
    """Return whether a license answers a question asked, in this boot, after the known one's.

    Then it is newer by its nonce, also where its ``iat`` is lower (`keystead.trust`, rule 9).
    Raises InvalidDocument (``superseded``) if it answers an earlier one.
    """
    if reading.elapsed_since(anchor.boot_id, anchor.boot_ms) is None:
        return False
    if known is None or reading.elapsed_since(known.boot_id, known.boot_ms) is None:
        return True
    if anchor.boot_ms < known.boot_ms:
        raise InvalidDocument("A later answer was accepted.", code="superseded")
    return anchor.boot_ms > known.boot_ms
