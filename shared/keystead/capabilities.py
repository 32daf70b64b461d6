"""The capabilities of each billing API. Code checks these and never the API's name."""

from __future__ import annotations

import msgspec


class Capabilities(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``sign_in``: buying, billing and activating further devices need a signed-in person.

    ``restore``: an earlier purchase is restored by a link in a mail. ``seats``, ``modules`` and
    ``periods``: choices that a plan offers. ``plans_signed_in``: plans are listed only after
    signing in.
    """

    sign_in: bool = False
    restore: bool = True
    seats: bool = True
    modules: bool = False
    periods: bool = True
    invoices: bool = True
    portal: bool = True
    plans_signed_in: bool = False


#: By the profile's ``billing_api``.
CAPABILITIES_BY_API = {
    "nyra": Capabilities(),
    "crow": Capabilities(
        sign_in=True, restore=False, seats=False, modules=True, plans_signed_in=True
    ),
    "mission-control": Capabilities(sign_in=True, restore=False),
    "stripe-integration": Capabilities(sign_in=True, restore=False),
    "dashclicks": Capabilities(sign_in=True, restore=False, plans_signed_in=True),
}
