"""Deleting a customer at Stripe deletes everything else that is stored about them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from keystead.wire.dashclicks import people as wire
from keystead_stub.in_process import BillingStub
from keystead_stub.store.engine import open_store
from keystead_stub.store.tables import contact_links, customer_notes
from support.merchant import Merchant


def kept(database: str, customer_id: str) -> int:
    """Return how many rows are about the customer."""
    store = open_store(database)
    try:
        with store.read() as connection:
            return sum(
                connection.scalar(
                    sa.select(sa.func.count()).where(table.c.customer_id == customer_id)
                )
                or 0
                for table in (contact_links, customer_notes)
            )
    finally:
        store.close()


@pytest.mark.parametrize("by_us", [True, False])
def test_deleting_a_customer_deletes_their_records(tmp_path: Path, by_us: bool) -> None:
    database = f"sqlite:///{tmp_path / 'stub.db'}"
    with (
        BillingStub.running(tmp_path, database=database) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        acme = Merchant(stub, http, "acme")
        gone, other = (
            str(acme.made(wire.CUSTOMERS, {"email": "ada@example.com"})["id"]) for _ in range(2)
        )
        for one in (gone, other):
            acme.made(f"{wire.CUSTOMERS}/{one}/{wire.NOTES}", {"note": "Called."})
            link = {"contactId": f"con_{one}"}
            assert acme.ask("PUT", f"{wire.CUSTOMERS}/{one}/{wire.CONTACT}", link).is_success
        assert (kept(database, gone), kept(database, other)) == (2, 2)
        if by_us:
            acme.ask("DELETE", f"{wire.CUSTOMERS}/{gone}")
        else:
            acme.ask_stripe(f"customers/{gone}", method="DELETE")
        assert (kept(database, gone), kept(database, other)) == (0, 2)
