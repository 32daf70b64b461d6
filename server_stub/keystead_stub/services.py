"""The services of every billing API: store, Stripe, keys, catalogue and clocks. Built by `app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from keystead.instants import SECOND_MS
from keystead.keys import KeySet, SigningKey
from keystead_stub.auth.dpop_nonces import Nonces
from keystead_stub.auth.proof_replay import UsedProofs
from keystead_stub.billing.catalogue import Catalogue
from keystead_stub.billing.licensing import Terms
from keystead_stub.http.metrics import Metrics
from keystead_stub.http.pages.form_tokens import FormTokens
from keystead_stub.http.product import Product
from keystead_stub.http.readiness import Readiness
from keystead_stub.ops.rate_limiter import RateLimiter
from keystead_stub.settings import Settings
from keystead_stub.store.account_ids import Account
from keystead_stub.store.engine import Store
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_sim.resources.accounts.shape import OpenedAccount
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import StripeEvent
from keystead_stub.stripe_types.requests import AfterTrial

if TYPE_CHECKING:
    from stripe import StripeClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The trial that new subscriptions begin with; 0 `days` is none.

    `without_card` says what becomes of a trial that ends without a payment method.
    """

    days: int = 0
    card_needed: bool = True
    without_card: AfterTrial = "cancel"


NO_TRIAL = Trial()


@dataclass(slots=True)
class Switches:
    """Settings that the sandbox can change while the stub runs; a restart resets them."""

    trial: Trial = NO_TRIAL
    #: Seconds by which the billing API's clock is wrong; Stripe's stays right.
    clock_skew_s: float = 0


#: Handles an event of a known customer in its transaction: (services, connection, customer id,
#: event, now in ms).
OnCustomerEvent = Callable[["Services", sa.Connection, str, StripeEvent, int], None]
#: Handles any event, whether or not it has a customer: as above, without the id.
OnEvent = Callable[["Services", sa.Connection, StripeEvent, int], None]


class Merchants(Protocol):
    """Accounts that sell on Stripe accounts of their own, as billing needs them."""

    def account_of(self, connection: sa.Connection, stripe_account_id: str) -> Account | None:
        """The account that sells on this Stripe account."""

    def stripe_of(self, services: Services, account_id: str) -> StripeApi:
        """The account's own Stripe. Raises ProblemError (``stripe_unavailable``)."""

    async def invoice(self, services: Services, account_id: str, invoice_id: str) -> Document:
        """An invoice at the account's Stripe. Raises StripeError, or as `stripe_of`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The stub's parts. `stripe_now_ms` reads Stripe's clock, which tests can advance."""

    settings: Settings
    product: Product
    #: The text of the profile that the vendor ships.
    vendor_profile: str
    terms: Terms
    catalogue: Catalogue
    store: Store
    key: SigningKey
    #: The public keys of the signing secrets.
    keys: KeySet
    #: Returns the keys that the key manifest names. Tokens by these are valid, too.
    manifest_keys: Callable[[], KeySet]
    stripe: StripeApi
    #: Connects a Stripe account of this name to the platform's; null where Stripe is real.
    open_stripe_account: Callable[[str], OpenedAccount] | None
    nonces: Nonces
    limiter: RateLimiter
    stripe_now_ms: Callable[[], int]
    proofs: UsedProofs
    form_tokens: FormTokens
    metrics: Metrics
    #: Returns that many random bytes.
    random: Callable[[int], bytes]
    #: Returns the address that clients use, without a slash at its end: the base of every link, and
    #: what the `htu` of proofs is compared with.
    public_url: Callable[[], str]
    #: Returns the official SDK's client for a secret key.
    stripe_client: Callable[[str], StripeClient]
    merchants: Merchants
    on_customer_event: tuple[OnCustomerEvent, ...] = ()
    on_event: tuple[OnEvent, ...] = ()
    switches: Switches = field(default_factory=Switches)
    readiness: Readiness = field(default_factory=Readiness)

    @property
    def simulated(self) -> bool:
        """Whether Stripe is simulated, and no real money moves."""
        return self.stripe.mode == "simulated"

    def now_ms(self) -> int:
        """Return the billing API's time: Stripe's, plus the clock skew of a fault."""
        return self.stripe_now_ms() + round(self.switches.clock_skew_s * SECOND_MS)
