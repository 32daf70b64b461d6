"""Meters and their events, as the account's transactions."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import refuse
from keystead_stub.stripe_sim.resources.meters import operations as usage
from keystead_stub.stripe_sim.resources.meters import shape as shapes
from keystead_stub.stripe_sim.resources.products.requests import NewMeter, NewUsage
from keystead_stub.stripe_types.api import Document

#: The most windows that one question may ask for.
_MOST_WINDOWS = 1000


class Metering(Account):
    """What is used, and how it is counted."""

    def create_meter(self, request: NewMeter) -> Document:
        with self.writing() as work:
            key = request.idempotency_key
            return idempotency.once(work, key, request, lambda: usage.create_meter(work, request))

    def rename_meter(self, meter_id: str, display_name: str) -> Document:
        with self.writing() as work:
            return usage.rename(work, meter_id, display_name)

    def switch_meter(self, meter_id: str, *, active: bool) -> Document:
        with self.writing() as work:
            return usage.switch(work, meter_id, active=active)

    def report_usage(self, request: NewUsage) -> Document:
        with self.writing() as work:
            return usage.tell(work, request)

    def usage_summaries(
        self, meter_id: str, customer_id: str, start_s: int, end_s: int, window_s: int | None
    ) -> tuple[Document, ...]:
        """Return what a customer used, as a whole or window by window, the newest first.

        Raises StripeError for instants that are not on minutes, or on the windows' borders.
        """
        step = window_s or end_s - start_s
        if start_s >= end_s or start_s % (window_s or 60) or end_s % (window_s or 60):
            raise refuse("A summary is from an instant to a later one, on whole windows.")
        if (end_s - start_s) // step > _MOST_WINDOWS:
            raise refuse(f"A summary has {_MOST_WINDOWS} windows or fewer.")
        with self.reading() as rows:
            meter, _ = records.get(rows, usage.METER, meter_id)
            told = [one for one, _ in records.objects(rows, usage.EVENT, customer_id)]
        return tuple(
            shapes.summary(
                meter_id=meter_id,
                summary_id=f"mtrusg_test_{customer_id}_{at}_{at + step}",
                start=at,
                end=at + step,
                value=usage.used(dict(meter), map(dict, told), at, at + step),
            )
            for at in reversed(range(start_s, end_s, step))
        )
