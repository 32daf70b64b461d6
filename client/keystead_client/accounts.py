"""Who is signed in, in words; and what the browser says at the end of a sign-in."""

from __future__ import annotations

from keystead.local_api import Account, SignInPage, SignInParams
from keystead.wire.nyra import PaymentMethod
from keystead_client.display_names import brand_of
from keystead_client.formats import printable
from keystead_client.translator import Texts


def named(account: Account | None, texts: Texts) -> str:
    """Who is signed in, as far as that is known."""
    if account is None or not account.signed_in:
        return texts("account.nobody")
    if account.subject is None:
        return texts("account.signed_in")
    subject = printable(account.subject)
    if account.account is None:
        return texts("account.signed_in.as", subject=subject)
    return texts("account.signed_in.for", subject=subject, account=printable(account.account))


def card_words(method: PaymentMethod, texts: Texts) -> str:
    """What is charged, as far as it may be shown: ``Visa ending in 4242``."""
    return texts("account.card.ending", brand=brand_of(method.brand), last4=printable(method.last4))


def sign_in_params(texts: Texts) -> SignInParams:
    """A sign-in at whose end the browser speaks this language."""
    return SignInParams(
        page=SignInPage(
            language=texts.language.tag,
            done=texts("account.page.done"),
            failed=texts("account.page.failed"),
            back=texts("account.page.back"),
        )
    )
