"""Notes of a merchant about a customer whom their own Stripe has.

Everything raises ProblemError as `customers` does.
"""

from __future__ import annotations

from keystead.encoding import b64u_encode
from keystead.instants import iso
from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.dashclicks.merchants import csv_export
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.customers import require_customer
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, first_of, page_from
from keystead_stub.services import Services
from keystead_stub.store import notes
from keystead_stub.store.notes import NoteRow

_HEADER = ("id", "createdAt", "createdAtIso", "author", "note")


async def write(
    services: Services, merchant: Merchant, customer_id: str, note: str, *, author: str
) -> wire.Note:
    await require_customer(services, merchant, customer_id)
    row = NoteRow(
        id=f"note_{b64u_encode(services.random(12))}",
        account_id=merchant.account.account_id,
        customer_id=customer_id,
        note=note,
        author=author,
        created_at=services.stripe_now_ms(),
    )
    with services.store.write() as connection:
        notes.insert(connection, row)
    return _wire_note(row)


async def page(
    services: Services, merchant: Merchant, customer_id: str, requested: PageRequest
) -> Page[wire.Note]:
    """List notes, the newest first. Raises ProblemError (``not_found``) for an unknown cursor."""
    await require_customer(services, merchant, customer_id)
    account_id = merchant.account.account_id
    with services.store.read() as connection:
        rows = notes.list_by_customer(
            connection, account_id, customer_id, limit=requested.limit + 1, after=requested.cursor
        )
    shown, next_cursor = first_of(rows, requested.limit)
    return page_from(map(_wire_note, shown), next_cursor)


async def export(services: Services, merchant: Merchant, customer_id: str) -> bytes:
    """Return all notes as CSV, the newest first."""
    await require_customer(services, merchant, customer_id)
    with services.store.read() as connection:
        rows = notes.list_by_customer(connection, merchant.account.account_id, customer_id)
    # Null stands for an unknown cursor only, and an export has none.
    return csv_export.document(_HEADER, map(_cells, rows or ()))


def _cells(row: NoteRow) -> tuple[str, ...]:
    return (row.id, str(row.created_at), iso(row.created_at), row.author, row.note)


def _wire_note(row: NoteRow) -> wire.Note:
    return wire.Note(id=row.id, note=row.note, author=row.author, created_at=row.created_at)
