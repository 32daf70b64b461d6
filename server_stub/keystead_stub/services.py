"""What every billing API works with: one store, one Stripe, one set of rules. Built by `app`."""

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
from keystead_stub.http.pages.form_tokens import FormTokens
from keystead_stub.http.rate_limit import RateLimiter
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
    """How plans are tried before they are paid: for `days`, 0 is not at all.

    `without_card` says what becomes of a trial that ends without a payment method.
    """

    days: int = 0
    card_needed: bool = True
    without_card: AfterTrial = "cancel"


NO_TRIAL = Trial()


@dataclass(slots=True)
class Switches:
    """What the sandbox can change while the stub runs; a restart resets it."""

    trial: Trial = NO_TRIAL
    #: Seconds by which the billing API's clock is wrong; Stripe's stays right.
    clock_skew_s: float = 0


#: What else an event brings with it, within its transaction: (services, connection, customer id,
#: event, now in ms).
OnCustomerEvent = Callable[["Services", sa.Connection, str, StripeEvent, int], None]
#: What every event brings with it, whether or not it is a customer's: as above, without the id.
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
    """The stub's parts. `stripe_now_ms` is the steerable time."""

    settings: Settings
    terms: Terms
    catalogue: Catalogue
    store: Store
    key: SigningKey
    keys: KeySet
    stripe: StripeApi
    #: Connects a Stripe account of this name to the platform's; null where Stripe is real.
    open_stripe_account: Callable[[str], OpenedAccount] | None
    nonces: Nonces
    limiter: RateLimiter
    stripe_now_ms: Callable[[], int]
    proofs: UsedProofs
    form_tokens: FormTokens
    #: That many random bytes.
    random: Callable[[int], bytes]
    #: Where people reach the stub's own pages, without a slash at the end.
    public_url: Callable[[], str]
    #: The official SDK's client that acts by that secret key.
    stripe_client: Callable[[str], StripeClient]
    merchants: Merchants
    on_customer_event: tuple[OnCustomerEvent, ...] = ()
    on_event: tuple[OnEvent, ...] = ()
    switches: Switches = field(default_factory=Switches)

    @property
    def simulated(self) -> bool:
        """Whether Stripe is simulated, and no real money moves."""
        return self.stripe.mode == "simulated"

    def now_ms(self) -> int:
        """The billing API's time: the steerable one, and wrong by as much as a fault says."""
        return self.stripe_now_ms() + round(self.switches.clock_skew_s * SECOND_MS)
