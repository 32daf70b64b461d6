"""The account in words, as far as the billing service names it."""

from __future__ import annotations

import pytest

from keystead.local_api import Account
from keystead.wire.nyra import PaymentMethod
from keystead_client.accounts import account_sentence, card_label, sign_in_params
from keystead_client.translator import ENGLISH


@pytest.mark.parametrize(
    ("account", "message", "values"),
    [
        (None, "account.nobody", {}),
        (Account(signed_in=False, subject="Ada"), "account.nobody", {}),
        (Account(signed_in=True), "account.signed_in", {}),
        (Account(signed_in=True, subject="Ada"), "account.signed_in.as", {"subject": "Ada"}),
        (
            Account(signed_in=True, subject="A\x1bda", account="acme\n"),
            "account.signed_in.for",
            {"subject": "A�da", "account": "acme�"},
        ),
    ],
)
def test_an_account_is_named_as_far_as_it_is_known(
    account: Account | None, message: str, values: dict[str, str]
) -> None:
    assert account_sentence(account, ENGLISH) == ENGLISH(message, **values)


def test_a_card_is_named_by_brand_and_last_digits() -> None:
    card = PaymentMethod(brand="amex", last4="1\x1b05")
    expected = ENGLISH("account.card.ending", brand="American Express", last4="1�05")
    assert card_label(card, ENGLISH) == expected


def test_the_page_after_signing_in_speaks_the_program_s_language() -> None:
    page = sign_in_params(ENGLISH).page
    assert page is not None
    assert (page.language, page.done) == ("en", ENGLISH("account.page.done"))
