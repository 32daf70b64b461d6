"""The account in words, and what the browser shows after a sign-in."""

from __future__ import annotations

from keystead.local_api import Account, SignInPage, SignInParams
from keystead.wire.nyra import PaymentMethod
from keystead_client.display_names import brand_name
from keystead_client.formats import printable
from keystead_client.translator import Translator


def account_sentence(account: Account | None, tr: Translator) -> str:
    """Return who is signed in, as far as the billing service names them."""
    if account is None or not account.signed_in:
        return tr("account.nobody")
    if account.subject is None:
        return tr("account.signed_in")
    subject = printable(account.subject)
    if account.account is None:
        return tr("account.signed_in.as", subject=subject)
    return tr("account.signed_in.for", subject=subject, account=printable(account.account))


def card_label(method: PaymentMethod, tr: Translator) -> str:
    """Return the card that is charged: ``Visa ending in 4242``."""
    return tr("account.card.ending", brand=brand_name(method.brand), last4=printable(method.last4))


def sign_in_params(tr: Translator) -> SignInParams:
    """Return a sign-in whose last page is in this language."""
    return SignInParams(
        page=SignInPage(
            language=tr.language.tag,
            done=tr("account.page.done"),
            failed=tr("account.page.failed"),
            back=tr("account.page.back"),
        )
    )
