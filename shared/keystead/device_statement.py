"""The device's signed statement about itself: the file ``device.jws`` beside ``license.jws``.

A license names the key that it is bound to. This statement is signed by that key and binds it to
one folder on one machine. It also carries the high-water mark of trusted time, the opening of the
newest nonce, and the highest version of a key manifest that was accepted. So a process that can't
open the keyring (the SDK in a vendor's program, a daemon before the keyring is unlocked) can check
that a license is for this device, that the folder was not copied from another machine, what time it
is (`keystead.trusted_time`), and that no older ``keys.jws`` was put back. It is not secret.
"""

from __future__ import annotations

import msgspec

from keystead import jose
from keystead.errors import InvalidDocument
from keystead.key_manifest import ManifestVersion
from keystead.keys import SigningKey
from keystead.trusted_time import Anchor, NonceOpening, TimeState

STATEMENT_TYP = "keystead-device+jwt"
#: The code of files that were made for another folder or machine.
COPIED = "copied"


class DeviceStatement(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``device_id`` is the signing key's thumbprint, ``binding`` comes from `machine.binding_of`.

    ``mark`` and ``nonce_opening`` are trusted time's; ``witness`` is the latter's name in the file.
    ``key_manifest`` is the highest version accepted, so that deleting ``keys.jws`` brings no
    revoked key back.
    """

    device_id: str
    binding: str
    mark: Anchor | None = None
    nonce_opening: NonceOpening | None = msgspec.field(default=None, name="witness")
    key_manifest: ManifestVersion | None = None

    @property
    def time(self) -> TimeState:
        """The statement's time state. It has no anchor: only a license can prove one."""
        return TimeState(mark=self.mark)


def write_statement(statement: DeviceStatement, key: SigningKey) -> str:
    """Sign the statement and return the text of ``device.jws``."""
    return jose.sign(msgspec.json.encode(statement), key, STATEMENT_TYP, embed_jwk=True)


def read_statement(compact: str | bytes, *, binding: str) -> DeviceStatement:
    """Verify a statement and return it.

    Raises InvalidDocument: a code of `keystead.jose`, ``wrong_device`` where another key signed
    it, ``copied`` where it was made for another folder or machine.
    """
    key, payload = jose.verify_self_signed(compact, STATEMENT_TYP)
    statement = jose.read_claims(payload, DeviceStatement)
    if statement.device_id != key.kid:
        raise InvalidDocument("The statement names another device.", code="wrong_device")
    if statement.binding != binding:
        raise InvalidDocument("The files were copied from another folder or machine.", code=COPIED)
    return statement
