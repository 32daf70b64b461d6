"""Check that the billing service has what a command needs."""

from __future__ import annotations

import msgspec

from keystead.capabilities import Capabilities
from keystead.errors import InvalidInput
from keystead.local_api import DaemonInfo
from keystead.local_client import LocalClient


class _Lack(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    sentence: str


#: By capability. The client's own messages for the codes are in `messages.problems`.
_LACKS = {
    "seats": _Lack(code="no_seats", sentence="The billing service sells no seats."),
    "modules": _Lack(code="no_modules", sentence="The billing service sells no modules."),
    "periods": _Lack(code="no_periods", sentence="The billing service has one billing period."),
    "invoices": _Lack(code="no_invoices", sentence="The billing service shows no invoices."),
    "portal": _Lack(code="no_portal", sentence="The billing service has no portal."),
    "restore": _Lack(code="no_restore", sentence="The billing service mails no links."),
    "sign_in": _Lack(code="no_sign_in", sentence="No sign-in is needed."),
}


def require_capabilities(client: LocalClient, *capabilities: str) -> Capabilities:
    """Return the billing service's capabilities, which include all of these.

    Raises InvalidInput with a code for what is missing; DaemonUnreachable.
    """
    info: DaemonInfo = client.call("daemon.info")
    for name in capabilities:
        if not getattr(info.capabilities, name):
            raise InvalidInput(_LACKS[name].sentence, code=_LACKS[name].code)
    return info.capabilities
