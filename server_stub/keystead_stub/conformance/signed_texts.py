"""The signed documents that a backend gave out during the run, read without trusting them.

Each rule looks at one property, so that one fault breaks one rule: claims are read here without
their signature, and the signature is a rule of its own.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from keystead.encoding import InvalidEncoding, b64u_decode, decode_object
from keystead_stub.conformance.exchanges import Answer, NotChecked

Kind = Literal["license", "token"]
MAX_BYTES = 16 * 1024


class SignedText(msgspec.Struct, frozen=True, kw_only=True):
    """A license or token as it came, with the answer that it came in.

    ``device_id`` is the device that asked, ``nonce`` what it sent.
    """

    kind: Kind
    text: str
    answer: Answer
    device_id: str
    nonce: str | None

    @property
    def parts(self) -> tuple[str, str, str]:
        """Header, payload and signature. Raises InvalidEncoding."""
        found = self.text.split(".")
        if len(found) != 3 or len(self.text) > MAX_BYTES:
            raise InvalidEncoding("not three parts, or more than 16 KiB")
        return found[0], found[1], found[2]

    @property
    def header(self) -> dict[str, Any]:
        """Return the header. Raises NotChecked where it cannot be read."""
        return self._object(0)

    @property
    def claims(self) -> dict[str, Any]:
        """Return the claims, which are not verified. Raises NotChecked as `header` does."""
        return self._object(1)

    def _object(self, place: int) -> dict[str, Any]:
        try:
            return decode_object(b64u_decode(self.parts[place]))
        except InvalidEncoding:
            raise NotChecked("the document cannot be read (document-form)") from None


def is_whole(value: object) -> bool:
    """Whether a JSON value is an integer; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)
