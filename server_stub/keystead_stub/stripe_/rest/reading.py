"""What can be read: each list's path, the kind of its objects, and by what it can be narrowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from keystead_stub.stripe_.interface import STRIPE_API_VERSION, Document, StripeRefused
from keystead_stub.stripe_.queries import Page, Query
from keystead_stub.stripe_.rest.parameters import Parameters, invalid
from keystead_stub.stripe_.simulated import portal
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe

_LONGEST_PAGE = 100
_OVER = ("canceled", "incomplete_expired")


class Resource(msgspec.Struct, frozen=True):
    """A list of objects of one kind; `filters` are parameters and the fields that they compare."""

    kind: str
    filters: dict[str, str] = {}
    of_customer: bool = False
    of_payout: bool = False


RESOURCES = {
    "billing/meters": Resource("billing.meter", {"status": "status"}),
    "accounts": Resource("account"),
    "balance_transactions": Resource(
        "balance_transaction",
        {"currency": "currency", "source": "source", "type": "type"},
        of_payout=True,
    ),
    "charges": Resource("charge", {"payment_intent": "payment_intent"}, of_customer=True),
    "checkout/sessions": Resource(
        "checkout.session",
        {"status": "status", "subscription": "subscription", "payment_intent": "payment_intent"},
        of_customer=True,
    ),
    "coupons": Resource("coupon"),
    "credit_notes": Resource("credit_note", {"invoice": "invoice"}, of_customer=True),
    "customers": Resource("customer", {"email": "email"}),
    "disputes": Resource("dispute", {"charge": "charge", "payment_intent": "payment_intent"}),
    "entitlements/features": Resource("entitlements.feature", {"lookup_key": "lookup_key"}),
    "invoice_payments": Resource("invoice_payment", {"invoice": "invoice", "status": "status"}),
    "invoiceitems": Resource("invoiceitem", {"invoice": "invoice"}, of_customer=True),
    "invoices": Resource(
        "invoice",
        {
            "status": "status",
            "subscription": "parent.subscription_details.subscription",
            "collection_method": "collection_method",
        },
        of_customer=True,
    ),
    "payment_intents": Resource("payment_intent", {}, of_customer=True),
    "payment_methods": Resource("payment_method", {"type": "type"}, of_customer=True),
    "payouts": Resource("payout", {"status": "status", "destination": "destination"}),
    "prices": Resource(
        "price",
        {"active": "active", "currency": "currency", "product": "product", "type": "type"},
    ),
    "products": Resource("product", {"active": "active"}),
    "promotion_codes": Resource(
        "promotion_code", {"active": "active", "code": "code", "coupon": "promotion.coupon"}
    ),
    "refunds": Resource("refund", {"charge": "charge", "payment_intent": "payment_intent"}),
    "setup_intents": Resource("setup_intent", {}, of_customer=True),
    "subscriptions": Resource(
        "subscription", {"collection_method": "collection_method"}, of_customer=True
    ),
}
#: The parameters whose values are truth values.
_FLAGS = {"active"}


def retrieve(stripe: SimulatedStripe, path: str, object_id: str, given: Parameters) -> Document:
    """One object. Raises StripeRefused."""
    expand = [str(one) for one in given.list("expand")]
    given.done()
    return expanded(stripe, RESOURCES[path].kind, object_id, expand)


def expanded(stripe: SimulatedStripe, kind: str, object_id: str, expand: list[str]) -> Document:
    """One object with what is asked for beside it, some of which is there only when it is."""
    named = _INCLUDABLE.get(kind, {})
    # What is under such a field comes whole with it.
    within = {one: one.partition(".")[0] for one in expand}
    plain = [one for one in expand if within[one] not in named]
    document = dict(stripe.retrieve(kind, object_id, expand=plain))
    included = {name for name in within.values() if name in named}
    return document | {name: named[name](stripe, document) for name in included}


def _secret(stripe: SimulatedStripe, invoice: Document) -> Document | None:
    if invoice["status"] != "open":
        return None
    found = stripe.list_objects(Query(kind="invoice_payment", where={"invoice": invoice["id"]}))
    intents = [one["payment"]["payment_intent"] for one in found.data]
    secret = stripe.retrieve("payment_intent", intents[0])["client_secret"] if intents else None
    return {"client_secret": secret, "type": "payment_intent"} if secret else None


def _payments(stripe: SimulatedStripe, invoice: Document) -> Document:
    found = stripe.list_objects(Query(kind="invoice_payment", where={"invoice": invoice["id"]}))
    return listed(found, "invoice_payments")


def line_items(stripe: SimulatedStripe, session: Document) -> Document:
    found = Page(stripe.checkout_items(session["id"]), has_more=False)
    return listed(found, f"checkout/sessions/{session['id']}/line_items")


#: Fields that an object has only where they are asked for.
_INCLUDABLE: dict[str, dict[str, Callable[[SimulatedStripe, Document], Any]]] = {
    "checkout.session": {"line_items": line_items},
    "invoice": {"confirmation_secret": _secret, "payments": _payments},
}


def list_page(stripe: SimulatedStripe, path: str, given: Parameters) -> Document:
    """One page of a list. Raises StripeRefused."""
    resource = RESOURCES[path]
    paging = _paging(given)
    where: dict[str, Any] = {
        field: _value(given, name) for name, field in resource.filters.items() if given.has(name)
    }
    if path == "prices" and given.has("lookup_keys"):
        return _by_lookup_keys(stripe, given, paging)
    if path == "subscriptions":
        return _subscriptions(stripe, given, paging, where)
    query = Query(
        kind=resource.kind,
        customer_id=given.text("customer") if resource.of_customer else None,
        payout_id=given.text("payout") if resource.of_payout else None,
        where=where,
        **paging.query,
    )
    given.done()
    return listed(stripe.list_objects(query, expand=paging.expand), path)


class _Paging(msgspec.Struct, frozen=True):
    query: dict[str, Any]
    expand: list[str]


def _paging(given: Parameters) -> _Paging:
    limit = given.whole("limit")
    if limit is not None and not 1 <= limit <= _LONGEST_PAGE:
        raise invalid("limit")
    query: dict[str, Any] = {
        "limit": limit or 10,
        "starting_after": given.text("starting_after"),
        "ending_before": given.text("ending_before"),
    }
    created = given.nested("created")
    since, after = created.whole("gte"), created.whole("gt")
    until, before = created.whole("lte"), created.whole("lt")
    created.done()
    query["created_from"] = since if after is None else after + 1
    query["created_to"] = until if before is None else before - 1
    # Stripe has it relative to the list, and we to each object in it.
    expand = [str(one).removeprefix("data.") for one in given.list("expand")]
    return _Paging(query, expand)


def _value(given: Parameters, name: str) -> Any:
    return given.flag(name) if name in _FLAGS else given.text(name)


def _by_lookup_keys(stripe: SimulatedStripe, given: Parameters, paging: _Paging) -> Document:
    keys = given.list("lookup_keys")
    found = [
        price
        for key in keys
        for price in stripe.list_objects(Query(kind="price", where={"lookup_key": key})).data
    ]
    given.done()
    return listed(Page(tuple(found[: paging.query["limit"]]), False), "prices")


def _subscriptions(
    stripe: SimulatedStripe, given: Parameters, paging: _Paging, where: dict[str, Any]
) -> Document:
    """Without a status, those that are over are left out."""
    status, price = given.text("status"), given.text("price")
    query = Query(
        kind="subscription",
        customer_id=given.text("customer"),
        where=where | ({"status": status} if status not in {None, "all", "ended"} else {}),
        **(paging.query | {"limit": _LONGEST_PAGE}),
    )
    given.done()
    page = stripe.list_objects(query, expand=paging.expand)
    data = [
        one
        for one in page.data
        if (status is not None or one["status"] not in _OVER)
        and (status != "ended" or one["status"] in _OVER)
        and (price is None or any(i["price"]["id"] == price for i in one["items"]["data"]))
    ]
    limit = paging.query["limit"]
    more = page.has_more or len(data) > limit
    return listed(Page(tuple(data[:limit]), more), "subscriptions")


def subscription_items(stripe: SimulatedStripe, given: Parameters) -> Document:
    """The items of a subscription, all of which it has at once."""
    subscription_id, paging = given.required("subscription"), _paging(given)
    given.done()
    items = stripe.retrieve("subscription", subscription_id)["items"]["data"]
    return _page_of(items, paging, "subscription_items")


def subscription_item(stripe: SimulatedStripe, item_id: str, given: Parameters) -> Document:
    given.list("expand")
    given.done()
    items: list[Document] = stripe.subscription_of_item(item_id)["items"]["data"]
    return next(one for one in items if one["id"] == item_id)


_WINDOWS_S = {None: None, "day": 86_400, "hour": 3_600}


def usage_summaries(stripe: SimulatedStripe, meter_id: str, given: Parameters) -> Document:
    """What a customer used, as one number or window by window."""
    customer_id, paging = given.required("customer"), _paging(given)
    start, end = given.whole("start_time"), given.whole("end_time")
    window = given.choice("value_grouping_window", "day", "hour")
    given.done()
    if start is None or end is None:
        raise invalid("start_time" if start is None else "end_time")
    found = stripe.usage_summaries(meter_id, customer_id, start, end, _WINDOWS_S[window])
    return _page_of(found, paging, f"billing/meters/{meter_id}/event_summaries")


def _page_of(found: Sequence[Document], paging: _Paging, path: str) -> Document:
    """One page of what is there at once."""
    after, limit = paging.query["starting_after"], paging.query["limit"]
    ids = [one["id"] for one in found]
    rest = found[ids.index(after) + 1 :] if after in ids else found
    return listed(Page(tuple(rest[:limit]), len(rest) > limit), path)


def lines_of_note(stripe: SimulatedStripe, note_id: str, given: Parameters) -> Document:
    paging = _paging(given)
    given.done()
    lines = stripe.retrieve("credit_note", note_id)["lines"]["data"]
    return _page_of(lines, paging, f"credit_notes/{note_id}/lines")


def balance_of_customer(stripe: SimulatedStripe, customer_id: str, given: Parameters) -> Document:
    """The changes of a customer's balance."""
    paging = _paging(given)
    given.done()
    query = Query(kind="customer_balance_transaction", customer_id=customer_id, **paging.query)
    return listed(stripe.list_objects(query), f"customers/{customer_id}/balance_transactions")


def search(stripe: SimulatedStripe, path: str, given: Parameters) -> Document:
    """What Stripe's search finds. Raises StripeRefused."""
    text, limit = given.required("query"), given.whole("limit") or 10
    expand = [str(one).removeprefix("data.") for one in given.list("expand")]
    after = given.text("page")
    given.done()
    page = stripe.search_objects(
        RESOURCES[path].kind, text, limit=min(limit, _LONGEST_PAGE), after=after, expand=expand
    )
    return {
        "object": "search_result",
        "data": list(page.data),
        "has_more": page.has_more,
        "next_page": page.data[-1]["id"] if page.has_more else None,
        "url": f"/v1/{path}/search",
    }


def listed(page: Page, path: str) -> Document:
    return {
        "object": "list",
        "data": list(page.data),
        "has_more": page.has_more,
        "url": f"/v1/{path}",
    }


def events(stripe: SimulatedStripe, given: Parameters) -> Document:
    """The newest events."""
    limit, event_type = given.whole("limit") or 10, given.text("type")
    given.done()
    found = stripe.events(limit=1000)
    wanted = [one.document for one in found if event_type in {None, one.type}]
    return listed(Page(tuple(wanted[:limit]), len(wanted) > limit), "events")


def endpoint(known: Any) -> Document:
    """A webhook endpoint as the API shows it; the secret is shown once, when it is made."""
    return {
        "id": known.id,
        "object": "webhook_endpoint",
        "api_version": STRIPE_API_VERSION,
        "application": None,
        "created": 0,
        "description": None,
        "enabled_events": list(known.enabled_events),
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": known.url,
    }


#: How each of the portal's features works; which there are, `portal.FEATURES` says.
_FEATURE_DETAILS: dict[str, Document] = {
    "customer_update": {"allowed_updates": []},
    "invoice_history": {},
    "payment_method_update": {"payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": []},
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": ["price", "quantity"],
        "products": [],
        "proration_behavior": "always_invoice",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "continue_trial",
    },
}


def portal_configuration() -> Document:
    """The portal's one configuration: everything that the hosted page can do."""
    return {
        "id": "bpc_1KeysteadDefault000000000",
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            "headline": None,
            "privacy_policy_url": None,
            "terms_of_service_url": None,
        },
        "created": 0,
        "default_return_url": None,
        "features": {
            name: {"enabled": name in portal.FEATURES, **details}
            for name, details in _FEATURE_DETAILS.items()
        },
        "is_default": True,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": 0,
    }


def missing(path: str) -> StripeRefused:
    return StripeRefused(
        f"Unrecognized request URL: /v1/{path[:100]}.", code="url_invalid", status=404
    )
