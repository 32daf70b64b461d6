"""Views by the names that the document of `dashclicks` gives its collections.

`SELECT * FROM "billing.charges"`: the names hold dots, so they need quotation marks. A revision
that changes a table behind a view drops the view first and creates it again.
"""

from __future__ import annotations

_MIRRORED = {
    "billing.charges": "charge",
    "billing.customers": "customer",
    "billing.subscriptions": "subscription",
    "billing.disputes": "dispute",
    "billing.refunds": "refund",
    "billing.products": "product",
}
_OTHERS = {
    "billing.notes": "SELECT account_id, customer_id, id, note, author, created_at"
    " FROM customer_notes",
    "queues": "SELECT id, kind, key, payload, attempts, created_at, due_at, done_at, last_error"
    " FROM jobs WHERE substr(kind, 1, 11) = 'dashclicks.'",
    "onebalance": "SELECT account_id, currency, sum(amount) AS amount FROM balance_entries"
    " GROUP BY account_id, currency",
    "crm.contacts": "SELECT account_id, contact_id, customer_id, linked_at FROM contact_links",
    "support.conversations": "SELECT id, key, payload, created_at, done_at FROM jobs"
    " WHERE kind = 'dashclicks.conversation'",
}


def _mirrored(kind: str) -> str:
    # `kind` is one of the constants above.
    return (
        "SELECT m.account_id, o.stripe_account_id, o.object_id AS id, o.created_at, o.deleted,"  # noqa: S608
        " o.document FROM mirrored_objects o"
        " LEFT JOIN merchants m ON m.stripe_account_id = o.stripe_account_id"
        f" WHERE o.kind = '{kind}'"
    )


#: The query of each view, by its name.
VIEWS = {name: _mirrored(kind) for name, kind in _MIRRORED.items()} | _OTHERS
#: The statements that create the views.
CREATE_VIEWS = tuple(f'CREATE VIEW "{name}" AS {query}' for name, query in VIEWS.items())
