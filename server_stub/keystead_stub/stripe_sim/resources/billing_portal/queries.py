"""Customer portal sessions as the hosted page reads them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.errors import missing
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.billing_portal.operations import KIND
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.values import PortalSession


def get(snapshot: Snapshot, session_id: str) -> PortalSession:
    """Return a session; raises StripeError `resource_missing`, also once it has expired."""
    session = views.portal_session(records.get(snapshot, KIND, session_id)[0])
    if snapshot.now_ms >= session.expires_at_ms:
        raise missing(KIND, session_id)
    return session
