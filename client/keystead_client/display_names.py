"""Display names for the keys of plans, features and modules that the vendor did not name. Pure."""

from __future__ import annotations

from keystead_client.formats import printable

_BETWEEN = str.maketrans("_-.", "   ")
#: Read letter by letter.
_ABBREVIATIONS = frozenset(
    "2fa ai api cad cctv cli crm csv gps id iot ldap mfa nfc pdf qr saml scim sdk sla sms sql sso"
    " tv url usb vpn xml".split()
)


def display_name(key: str) -> str:
    """Turn a key into words: ``priority_support`` becomes "Priority support".

    A key with spaces is a name already and stays as it is.
    """
    if " " in key.strip():
        return printable(key.strip())
    words = key.translate(_BETWEEN).split()
    said = " ".join(word.upper() if word in _ABBREVIATIONS else word for word in words) or key
    return printable(said[:1].upper() + said[1:])


#: Stripe's `card.brand` and payment method types, as they are printed on a card.
_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "sepa_debit": "SEPA",
    "unionpay": "UnionPay",
    "visa": "Visa",
}


def brand_name(brand: str) -> str:
    """Return the name of a card brand or payment method: ``amex`` is "American Express"."""
    return _BRANDS.get(brand) or display_name(brand)
