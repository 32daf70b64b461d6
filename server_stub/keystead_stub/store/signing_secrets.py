"""The backend's signing secrets: seeds of Ed25519 keys, of which the first signs. Pure.

Several are given while keys are rotated. Texts at rest are sealed by them as well (`sealed_text`).
An error names a secret by its position, because its content must not appear in a message.
"""

from __future__ import annotations

from keystead.encoding import InvalidEncoding, b64u_decode
from keystead.errors import InvalidInput
from keystead.keys import SEED_BYTES, SigningKey

VARIABLE = "NYRA_LICENSE_SIGNING_SECRET"
REMEDY = "Generate one with `keystead-stub keys new --out FILE`."


def split(value: str) -> tuple[str, ...]:
    """Return the secrets in a setting, which separates them by commas."""
    return tuple(part.strip() for part in value.split(","))


def signing_keys(value: str, what: str = VARIABLE) -> tuple[SigningKey, ...]:
    """Return the keys of a setting or file with secrets; `what` is its name for messages.

    Raises InvalidInput (``invalid_signing_secret``) unless each is a different seed of 32 bytes in
    base64url.
    """
    secrets = split(value)
    keys: list[SigningKey] = []
    for position, secret in enumerate(secrets, 1):
        one = what if len(secrets) == 1 else f"Secret {position} of {len(secrets)} in {what}"
        key = _key(secret)
        if key is None:
            raise InvalidInput(
                f"{one} is not a 32-byte Ed25519 seed in base64url.",
                code="invalid_signing_secret",
                remedy=REMEDY,
            )
        same = next((at for at, other in enumerate(keys, 1) if other.public == key.public), None)
        if same is not None:
            raise InvalidInput(
                f"{one} is the same as secret {same}.",
                code="invalid_signing_secret",
                remedy="Give each secret once.",
            )
        keys.append(key)
    return tuple(keys)


def _key(secret: str) -> SigningKey | None:
    try:
        seed = b64u_decode(secret)
    except InvalidEncoding:
        return None
    return SigningKey(seed) if len(seed) == SEED_BYTES else None
