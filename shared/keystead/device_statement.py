"""What a device says of itself: the file ``device.jws`` beside ``license.jws``.

A license says which key it is bound to. This statement is signed by that key, and ties it to one
folder on one machine; it also carries the high-water mark and the witness of the newest nonce. So
whoever cannot open the keyring (the SDK in somebody's program, a daemon before the keyring is
unlocked) can still tell that a license is for this device, that the folder was not copied here from
elsewhere, and what time it is (`keystead.trusted_time`). It is not secret.
"""

from __future__ import annotations

import msgspec

from keystead import jose
from keystead.errors import InvalidDocument
from keystead.keys import SigningKey
from keystead.trusted_time import Anchor, NonceOpening, TimeState

STATEMENT_TYP = "keystead-device+jwt"


class DeviceStatement(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``device_id`` is the signing key's thumbprint; ``binding`` see `machine.binding_of`."""

    device_id: str
    binding: str
    mark: Anchor | None = None
    witness: NonceOpening | None = None

    @property
    def time(self) -> TimeState:
        """What the statement remembers of time, without an anchor, which a license has to prove."""
        return TimeState(mark=self.mark)


def write_statement(statement: DeviceStatement, key: SigningKey) -> str:
    """The statement as the text of ``device.jws``."""
    return jose.sign(msgspec.json.encode(statement), key, STATEMENT_TYP, embed_jwk=True)


def read_statement(compact: str | bytes, *, binding: str) -> DeviceStatement:
    """The statement, if the device that it names signed it, for this place.

    Raises InvalidDocument: a code of `keystead.jose`, ``wrong_device`` where another key signed
    it, ``copied`` where it was made elsewhere.
    """
    key, payload = jose.verify_self_signed(compact, STATEMENT_TYP)
    statement = jose.read_claims(payload, DeviceStatement)
    if statement.device_id != key.kid:
        raise InvalidDocument("The statement names another device.", code="wrong_device")
    if statement.binding != binding:
        raise InvalidDocument("These files were copied here from elsewhere.", code="copied")
    return statement
