"""What a billing API can do, for whoever shows or offers it: asked here, never by its name."""

from __future__ import annotations

import msgspec


class Capabilities(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``sign_in``: whoever buys or looks at bills is signed in, and brings further devices so.

    ``restore``: who paid already gets a link by mail. ``seats``, ``modules`` and ``periods``: what
    can be chosen with a plan. ``plans_signed_in``: plans are shown to those alone who signed in.
    """

    sign_in: bool = False
    restore: bool = True
    seats: bool = True
    modules: bool = False
    periods: bool = True
    invoices: bool = True
    portal: bool = True
    plans_signed_in: bool = False


#: By the profile's ``billing_api``, which is one of these.
CAPABILITIES_BY_API = {
    "nyra": Capabilities(),
    "crow": Capabilities(
        sign_in=True, restore=False, seats=False, modules=True, plans_signed_in=True
    ),
    "mission-control": Capabilities(sign_in=True, restore=False),
    "stripe-integration": Capabilities(sign_in=True, restore=False),
    "dashclicks": Capabilities(sign_in=True, restore=False, plans_signed_in=True),
}
