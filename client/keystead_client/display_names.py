"""Keys of plans, features and modules as words, where nobody gave them a name. Pure."""

from __future__ import annotations

from keystead_client.formats import printable

_BETWEEN = str.maketrans("_-.", "   ")
#: What is read letter by letter.
_ABBREVIATIONS = frozenset(
    "2fa ai api cad cctv cli crm csv gps id iot ldap mfa nfc pdf qr saml scim sdk sla sms sql sso"
    " tv url usb vpn xml".split()
)


def display_name(key: str) -> str:
    """A key as it is read: ``priority_support`` is "Priority support".

    What has spaces is a name that somebody gave, and stays as it is.
    """
    if " " in key.strip():
        return printable(key.strip())
    words = key.translate(_BETWEEN).split()
    said = " ".join(word.upper() if word in _ABBREVIATIONS else word for word in words) or key
    return printable(said[:1].upper() + said[1:])


#: Stripe's words for what a card is of, as its bearer knows them.
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
    """What a card or account is of, as it is printed on it: ``amex`` is "American Express"."""
    return _BRANDS.get(brand) or display_name(brand)
