"""Checkout and portal, as the account's transactions. See `keystead_stub.stripe_.world`."""

from __future__ import annotations

from keystead_stub.stripe_ import views
from keystead_stub.stripe_.interface import CheckoutSession, PaymentResult, PortalSession
from keystead_stub.stripe_.simulated import checkout, paying, portal, records
from keystead_stub.stripe_.simulated.account import Account
from keystead_stub.stripe_.simulated.ledger import missing


class Selling(Account):
    """What people do on the hosted pages before they have anything."""

    def get_checkout(self, session_id: str) -> CheckoutSession:
        with self.reading() as connection:
            document, _ = records.get(connection, checkout.KIND, session_id)
        return views.checkout_session(document)

    def complete_checkout(
        self,
        session_id: str,
        *,
        card: str = "4242424242424242",
        email: str | None = None,
        authenticate: bool | None = None,
    ) -> PaymentResult:
        with self.writing() as ledger:
            return paying.complete_checkout(
                ledger, session_id, card=card, email=email, authenticate=authenticate
            )

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        with self.writing() as ledger:
            return views.checkout_session(checkout.expire(ledger, session_id))

    def get_portal(self, session_id: str) -> PortalSession:
        now_ms = self.now_ms()
        with self.reading() as connection:
            document, _ = records.get(connection, portal.KIND, session_id)
        session = views.portal_session(document)
        if now_ms >= session.expires_at_ms:
            raise missing(portal.KIND)
        return session
