"""What a merchant notes of a customer that their own Stripe knows.

All of it raises Refused as `merchants.customers` does.
"""

from __future__ import annotations

from keystead.encoding import b64u_encode
from keystead.instants import iso
from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.merchants import csv_cells
from keystead_stub.merchants.connecting import Merchant
from keystead_stub.merchants.customers import known
from keystead_stub.refusals import Refused
from keystead_stub.services import Services
from keystead_stub.store import notes
from keystead_stub.store.notes import NoteRow

_HEADER = ("id", "createdAt", "createdAtIso", "author", "note")


async def write(
    services: Services, merchant: Merchant, customer_id: str, note: str, *, author: str
) -> wire.Note:
    await known(services, merchant, customer_id)
    row = NoteRow(
        id=f"note_{b64u_encode(services.random(12))}",
        account_id=merchant.account.account_id,
        customer_id=customer_id,
        note=note,
        author=author,
        created_at=services.stripe_now_ms(),
    )
    with services.store.write() as connection:
        notes.add(connection, row)
    return _shown(row)


async def page(
    services: Services, merchant: Merchant, customer_id: str, limit: int, cursor: str | None
) -> Page[wire.Note]:
    """The newest first. Raises Refused (``invalid_request``) for a cursor of no note of these."""
    await known(services, merchant, customer_id)
    account_id = merchant.account.account_id
    with services.store.read() as connection:
        before = notes.place_of(connection, account_id, customer_id, cursor) if cursor else None
        if cursor and before is None:
            raise Refused("There is no such page.", code="invalid_request")
        rows = notes.of_customer(
            connection, account_id, customer_id, before=before, limit=limit + 1
        )
    more = len(rows) > limit
    return Page(
        data=tuple(map(_shown, rows[:limit])),
        has_more=more,
        next_cursor=rows[limit - 1].id if more else None,
    )


async def export(services: Services, merchant: Merchant, customer_id: str) -> bytes:
    """All of them as CSV, the newest first."""
    await known(services, merchant, customer_id)
    with services.store.read() as connection:
        rows = notes.of_customer(connection, merchant.account.account_id, customer_id)
    return csv_cells.document(_HEADER, map(_cells, rows))


def _cells(row: NoteRow) -> tuple[str, ...]:
    return (row.id, str(row.created_at), iso(row.created_at), row.author, row.note)


def _shown(row: NoteRow) -> wire.Note:
    return wire.Note(id=row.id, note=row.note, author=row.author, created_at=row.created_at)
