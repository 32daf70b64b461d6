"""A real Stripe account, in test or live mode, over the official SDK.

Requests name the pinned API version, whatever the account's default is, so that objects have the
shape that the stub reads. Each error of the SDK becomes a `StripeError` without its message, which
may quote what was sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from keystead.instants import to_seconds
from keystead.loopback import is_loopback
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.account_settings import AccountPrice, AccountSettings, Mode
from keystead_stub.stripe_types.api import STRIPE_API_VERSION, Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout, NewPortal
from keystead_stub.stripe_types.values import (
    Card,
    CheckoutSession,
    Invoice,
    PortalSession,
    Subscription,
)

if TYPE_CHECKING:
    from httpx import AsyncClient
    from stripe import StripeClient

#: The largest page of Stripe's lists.
_PAGE = 100
#: Stripe's API, unless another address is set.
_API_URL = "https://api.stripe.com"
_ENDED = frozenset({"canceled", "incomplete_expired"})


@contextmanager
def blocking_client(key: str, *, api_url: str | None) -> Iterator[StripeClient]:
    """Open the SDK's client for a command: its calls block, and are not tried again."""
    import httpx

    from keystead_stub.stripe_port.sdk_http import BlockingHttpx

    with httpx.Client(**_http_options(api_url)) as http:
        yield _client(key, BlockingHttpx(http), api_url=api_url, retries=0)


def connect_over(
    key: str,
    http: AsyncClient,
    *,
    api_url: str | None,
    retries: int = 0,
    settle: Callable[[], Awaitable[None]] | None = None,
) -> StripeClient:
    """Return the SDK's client for a key, over an HTTP client that several may share.

    The owner of the HTTP client closes it. `api_url` replaces the address of Stripe's API; `settle`
    is as at `OverHttpx`.
    """
    from keystead_stub.stripe_port.sdk_http import OverHttpx

    return _client(key, OverHttpx(http, settle), api_url=api_url, retries=retries)


@asynccontextmanager
async def connected(key: str, mode: Mode, *, api_url: str | None) -> AsyncIterator[LiveStripe]:
    """Open a connection for a few requests; it does not retry."""
    # Without retries: a person waits for the answer of a preflight or a form.
    async with stripe_http(api_url) as http:
        yield LiveStripe(connect_over(key, http, api_url=api_url), mode)


async def account_id_of(key: str, *, api_url: str | None) -> str:
    """Return the id of the account that a key belongs to. Raises StripeError."""
    async with stripe_http(api_url) as http:
        with refusals():
            client = connect_over(key, http, api_url=api_url)
            account = await client.v1.accounts.retrieve_current_async()
    return account.id


def stripe_http(api_url: str | None) -> AsyncClient:
    """Return an HTTP client for Stripe, through the proxy that the environment names."""
    import httpx

    return httpx.AsyncClient(**_http_options(api_url))


def _http_options(api_url: str | None) -> dict[str, Any]:
    """Return the options of httpx's clients for Stripe.

    The proxy is looked up here: httpx stops at an entry of NO_PROXY that it can't parse, such as an
    IPv6 range, and sends loopback requests to the proxy.
    """
    import httpx

    place = urlsplit(api_url or _API_URL)
    host = place.hostname or ""
    proxies = getproxies()
    named = proxies.get(place.scheme) or proxies.get("all")
    if named is None or is_loopback(host) or proxy_bypass(host):
        proxy = None
    else:
        proxy = named if "://" in named else f"http://{named}"
    # The certificates are still the environment's (SSL_CERT_FILE).
    verify = httpx.create_ssl_context()
    return {"trust_env": False, "timeout": 20, "proxy": proxy, "verify": verify}


def _client(key: str, http: Any, *, api_url: str | None, retries: int) -> StripeClient:
    # Imported late: it takes longer than importing the whole stub.
    import stripe

    return stripe.StripeClient(
        key,
        stripe_version=STRIPE_API_VERSION,
        base_addresses={"api": api_url} if api_url else {},
        http_client=http,
        max_network_retries=retries,
    )


class LiveStripe:
    """`StripeApi` by the SDK; see `keystead_stub.stripe_port.interface`."""

    def __init__(
        self, client: StripeClient, mode: Mode, *, sold: frozenset[str] = frozenset()
    ) -> None:
        self._api = client.v1
        self._mode = mode
        #: The prices that licenses are sold by.
        self._sold = sold

    @property
    def mode(self) -> Mode:
        return self._mode

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        with refusals():
            made = await self._api.checkout.sessions.create_async(
                _checkout(request), _options(request.idempotency_key)
            )
        return views.checkout_session(made.to_dict())

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        with refusals():
            found = await self._api.checkout.sessions.retrieve_async(session_id)
        return views.checkout_session(found.to_dict())

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        with refusals():
            ended = await self._api.checkout.sessions.expire_async(session_id)
        return views.checkout_session(ended.to_dict())

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        params: Any = {"customer": request.customer_id}
        if request.return_url:
            params["return_url"] = request.return_url
        if request.locale:
            params["locale"] = request.locale
        if request.flow:
            params["flow_data"] = await self._flow(request)
        with refusals():
            made = await self._api.billing_portal.sessions.create_async(
                params, _options(request.idempotency_key)
            )
        return views.portal_session(made.to_dict())

    async def _flow(self, request: NewPortal) -> dict[str, Any]:
        flow: dict[str, Any] = {"type": request.flow}
        # Stripe requires the subscription's id for these flows; see
        # https://docs.stripe.com/customer-management/portal-deep-links.
        if request.flow != "payment_method_update":
            subscription = await self.get_subscription(request.customer_id)
            if subscription is None:
                raise StripeError("This customer has no subscription.", code="invalid_request")
            flow[str(request.flow)] = {"subscription": subscription.id}
        return flow

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        with refusals():
            page = await self._api.invoices.list_async({"customer": customer_id, "limit": _PAGE})
        return tuple(views.invoice(one.to_dict()) for one in page.data)

    async def payment_secret(self, invoice_id: str) -> str:
        with refusals():
            invoice = await self._api.invoices.retrieve_async(
                invoice_id, {"expand": ["confirmation_secret"]}
            )
        if invoice.status != "open" or invoice.confirmation_secret is None:
            raise StripeError("This invoice is not open.", code="illegal_transition", status=409)
        return invoice.confirmation_secret.client_secret

    async def list_active_entitlements(self, customer_id: str) -> tuple[Document, ...]:
        found: list[Document] = []
        query: Any = {"customer": customer_id, "limit": _PAGE}
        more = True
        while more:
            with refusals():
                page = await self._api.entitlements.active_entitlements.list_async(query)
            found += [one.to_dict() for one in page.data]
            more = page.has_more and bool(page.data)
            query = query | {"starting_after": found[-1]["id"]} if more else query
        return tuple(found)

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        with refusals():
            # With all statuses, because Stripe leaves ended subscriptions out by default.
            page = await self._api.subscriptions.list_async(
                {"customer": customer_id, "status": "all", "limit": _PAGE}
            )
        # Stripe lists the newest first.
        found = [views.subscription(one.to_dict(), self._sold) for one in page.data]
        alive = [one for one in found if one.status not in _ENDED]
        return next(iter(alive or found), None)

    async def get_card(self, customer_id: str) -> Card | None:
        subscription = await self.get_subscription(customer_id)
        with refusals():
            customer = await self._api.customers.retrieve_async(customer_id)
            settings = customer.to_dict().get("invoice_settings") or {}
            own = subscription.document["default_payment_method"] if subscription else None
            method_id = own or settings.get("default_payment_method")
            if method_id is None:
                return None
            method = (await self._api.payment_methods.retrieve_async(method_id)).to_dict()
        # Wallets and the like have no number.
        return views.card(method) if "last4" in method[method["type"]] else None

    async def get_account(self, price_ids: Sequence[str] = ()) -> AccountSettings:
        with refusals():
            account = await self._api.accounts.retrieve_current_async()
            hooks = await self._api.webhook_endpoints.list_async({"limit": _PAGE})
            portals = await self._api.billing_portal.configurations.list_async(
                {"active": True, "is_default": True}
            )
        return AccountSettings(
            id=account.id,
            mode=self._mode,
            charges_enabled=bool(account.charges_enabled),
            prices=tuple([one for wanted in price_ids async for one in self._price(wanted)]),
            endpoints=tuple(views.account_endpoint(hook.to_dict()) for hook in hooks.data),
            portal_features=next(
                (views.portal_features(portal.to_dict()) for portal in portals.data), None
            ),
        )

    async def _price(self, price_id: str) -> AsyncIterator[AccountPrice]:
        """Yield the price, if it exists."""
        try:
            with refusals():
                found = await self._api.prices.retrieve_async(price_id)
        except StripeError as refused:
            if refused.status == 404:
                return
            raise
        yield views.account_price(found.to_dict())


def _checkout(request: NewCheckout) -> Any:
    """Return the parameters of a new session; nulls are left out, as the API requires."""
    discount = {"coupon": request.coupon_id, "promotion_code": request.promotion_code_id}
    discount_parameters = {name: value for name, value in discount.items() if value is not None}
    ends_ms = request.expires_at_ms
    params = {
        "mode": request.mode,
        "line_items": [_item(one) for one in request.items],
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "client_reference_id": request.client_reference_id,
        "metadata": dict(request.metadata),
        "customer": request.customer_id,
        # Stripe takes one of the two.
        "customer_email": None if request.customer_id else request.customer_email,
        "locale": request.locale,
        "allow_promotion_codes": request.allow_promotion_codes or None,
        "discounts": [discount_parameters] if discount_parameters else None,
        "expires_at": None if ends_ms is None else to_seconds(ends_ms),
        **(_payment(request) if request.mode == "payment" else _subscription(request)),
    }
    return _without_nulls(params)


def _without_nulls(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _item(item: CheckoutItem) -> dict[str, Any]:
    price = item.price
    if price is None:
        return {"price": item.price_id, "quantity": item.quantity}
    named = None if price.name is None else {"name": price.name, "description": price.description}
    data = {
        "currency": price.currency,
        "unit_amount": price.unit_amount,
        "product": price.product_id,
        "product_data": _without_nulls(named) if named else None,
        "recurring": {"interval": price.interval} if price.interval else None,
    }
    return {"price_data": _without_nulls(data), "quantity": item.quantity}


def _subscription(request: NewCheckout) -> dict[str, Any]:
    subscription_data: dict[str, Any] = {"metadata": dict(request.subscription_metadata)}
    if request.trial_period_days:
        ending = {"missing_payment_method": request.trial_end_behavior}
        subscription_data |= {
            "trial_period_days": request.trial_period_days,
            "trial_settings": {"end_behavior": ending},
        }
    if_required = request.payment_method_collection == "if_required"
    return {
        "subscription_data": subscription_data,
        "payment_method_collection": "if_required" if if_required else None,
    }


def _payment(request: NewCheckout) -> dict[str, Any]:
    data = {
        "metadata": dict(request.payment_metadata),
        "description": request.payment_description,
        "setup_future_usage": request.setup_future_usage,
    }
    return {
        "payment_intent_data": _without_nulls(data),
        # Stripe refuses `customer_creation` together with a customer.
        "customer_creation": None if request.customer_id else request.customer_creation,
        "invoice_creation": {"enabled": True} if request.invoice_creation else None,
    }


def _options(key: str | None) -> Any:
    return {"idempotency_key": key} if key else {}


@contextmanager
def refusals() -> Iterator[None]:
    """Turn errors of the SDK into StripeError."""
    import stripe

    try:
        yield
    # The order matters: these two are subclasses of the SDK's general error.
    except stripe.APIConnectionError as error:
        raise StripeError(
            "Stripe did not answer.", code="stripe_unreachable", status=502
        ) from error
    except stripe.IdempotencyError as error:
        # Stripe names this error by its type alone, without a code.
        raise StripeError(
            "This idempotency key was used for another request.", code="idempotency_error"
        ) from error
    except stripe.StripeError as error:
        raise _refused(error.http_status, error.code) from error


def _refused(status: int | None, code: str | None) -> StripeError:
    # The caller can only try again later; a rate limit is no fault of the request either.
    if status is None or status >= 500 or status == 429:
        return StripeError("Stripe did not answer.", code="stripe_unreachable", status=502)
    if status in {401, 403}:
        # The stub's own key is wrong, which its caller can't correct.
        return StripeError("Stripe refused our key.", code="stripe_unreachable", status=502)
    if status == 404 or code == "resource_missing":
        return StripeError("Stripe has no such object.", code="resource_missing", status=404)
    return StripeError("Stripe refused this.", code=code or "invalid_request", status=status)
