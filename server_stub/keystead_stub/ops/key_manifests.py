"""Key manifests as the backend sees them: their claims, and whether programs take them. Pure.

The backend has no root key, so it cannot verify a manifest. It reads the claims to find the
manifest for a product, and to report one that programs would refuse. What it reports names a file
by its position in the setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from keystead import jose
from keystead.documents import KEYS_TYP, MAX_SECONDS
from keystead.encoding import InvalidEncoding, b64u_decode
from keystead.errors import InvalidDocument, InvalidInput
from keystead.instants import DAY_MS, to_ms
from keystead.key_manifest import verify_key_manifest
from keystead.keys import KeySet, SigningKey

VARIABLE = "NYRA_KEY_MANIFEST"
#: A manifest that ends within this time is reported.
ENDS_SOON_DAYS = 30


class ReadManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest whose signature nobody has checked; times are epoch milliseconds."""

    compact: str
    product: str
    version: int
    issued_at: int
    ends_at: int
    keys: KeySet
    #: The kid of the root key that it claims to be signed by.
    root: str | None


class _Claims(msgspec.Struct, frozen=True):
    aud: str
    iat: int
    exp: int
    version: int
    keys: list[msgspec.Raw]


def parse(data: bytes, name: str) -> ReadManifest:
    """Read a manifest; `name` is the file's, for messages.

    Raises InvalidInput (``invalid_manifest``).
    """
    compact = data.strip()
    try:
        header = jose.peek_header(compact)
        claims = jose.read_claims(b64u_decode(compact.split(b".")[1]), _Claims)
        keys = KeySet.from_jwks(msgspec.json.encode({"keys": claims.keys}))
    except (InvalidDocument, InvalidEncoding, InvalidInput):
        raise _refused(name) from None
    if header.typ != KEYS_TYP or not 0 <= claims.iat < claims.exp <= MAX_SECONDS:
        raise _refused(name)
    return ReadManifest(
        compact=compact.decode("ascii"),
        product=claims.aud,
        version=claims.version,
        issued_at=to_ms(claims.iat),
        ends_at=to_ms(claims.exp),
        keys=keys,
        root=header.kid,
    )


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What a program trusts by its profile: signing keys, and root keys if it names any."""

    keys: KeySet
    roots: KeySet | None


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with a manifest; `urgent` is false where it only will be."""

    sentence: str
    urgent: bool = True


def findings(
    found: Sequence[ReadManifest | str],
    *,
    signing: SigningKey | None,
    product: str,
    is_ours: Callable[[str], bool],
    now_ms: int,
    trust: Trust | None = None,
) -> list[Finding]:
    """Check the manifests in the order of their files; a text says why a file cannot be read.

    `signing` is the key that signs, null where it is unknown. `product` is what the backend sells;
    `is_ours` says whether it signs documents with this audience, so a merchant's, too. `trust` is
    what a program's profile says, if known.
    """
    result = [] if trust is None else list(_by_profile(trust, found, signing))
    products = [one.product for one in found if isinstance(one, ReadManifest)]
    for position, manifest in enumerate(found, 1):
        name = VARIABLE if len(found) == 1 else f"File {position} of {len(found)} in {VARIABLE}"
        if isinstance(manifest, str):
            result.append(Finding(f"{name}: {manifest}"))
            continue
        if not is_ours(manifest.product):
            result.append(Finding(f"{name} is for another product than {product}"))
        result += _of_one(name, manifest, signing, now_ms)
        if trust is not None and trust.roots is not None:
            result += _by_root(name, manifest, trust.roots)
        if products.count(manifest.product) > 1:
            result.append(Finding(f"{name} is for the same product as another file"))
    # One that cannot be read may be that one, and is reported already.
    if any(map(is_ours, products)) and len(products) == len(found) and product not in products:
        result.append(Finding(f"No file in {VARIABLE} is for the product {product}"))
    return result


def _of_one(
    name: str, manifest: ReadManifest, signing: SigningKey | None, now_ms: int
) -> Iterator[Finding]:
    if signing is not None and not any(key.raw == signing.public for key in manifest.keys):
        yield Finding(f"{name} does not name the key that signs, so programs refuse its licenses")
    if manifest.issued_at > now_ms:
        yield Finding(f"{name} was issued in the future, so programs refuse it")
    if manifest.ends_at <= now_ms:
        yield Finding(f"{name} has ended; sign a new one with the root key")
    elif manifest.ends_at <= now_ms + ENDS_SOON_DAYS * DAY_MS:
        days = (manifest.ends_at - now_ms) // DAY_MS
        yield Finding(f"{name} ends in {days} days; sign a new one with the root key", urgent=False)


def _by_profile(
    trust: Trust, found: Sequence[ReadManifest | str], signing: SigningKey | None
) -> Iterator[Finding]:
    if found and trust.roots is None:
        yield Finding("The profile names no root keys, so programs take no key manifest")
    # A program that has a manifest goes by that alone.
    counts = trust.roots is None or not found
    if counts and signing is not None and all(key.raw != signing.public for key in trust.keys):
        yield Finding("The profile does not name the key that signs, so programs refuse licenses")


def _by_root(name: str, manifest: ReadManifest, roots: KeySet) -> Iterator[Finding]:
    try:
        verify_key_manifest(manifest.compact, roots=roots, product=None)
    except InvalidDocument as refused:
        yield Finding(f"{name} is refused by programs with this profile ({refused.code})")


def _refused(name: str) -> InvalidInput:
    return InvalidInput(f"{name} is not a key manifest.", code="invalid_manifest")
