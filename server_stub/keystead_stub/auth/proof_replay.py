"""Used proofs of possession, so that none is accepted twice (RFC 9449 §11.1).

They expire by the machine's clock, not by the stub's: advancing the stub's clock must not forget a
proof that was made a second ago.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from keystead.instants import MINUTE_MS, SECOND_MS
from keystead.proof import Proof
from keystead_stub.store import devices
from keystead_stub.store.engine import Store
from keystead_stub.store.prepared_statements import PreparedStatement
from keystead_stub.store.tables import used_proofs

#: Twice as long as any clock tolerance or nonce lasts.
REMEMBERED_MS = 20 * MINUTE_MS
#: Deleting at each request would double the writes of the most frequent one.
_SWEPT_EVERY_MS = MINUTE_MS


class UsedProofs:
    """Stores used proofs. `machine_s` reads the machine's clock in seconds."""

    def __init__(self, store: Store, machine_s: Callable[[], float]) -> None:
        columns = tuple(used_proofs.columns.keys())
        self._note = PreparedStatement(store.insert_new(used_proofs), columns)
        self._machine_s = machine_s
        self._swept_ms = 0

    def use(self, connection: sa.Connection, proof: Proof) -> bool:
        """Record the proof, and return whether it was new."""
        now_ms = round(self._machine_s() * SECOND_MS)
        if now_ms - self._swept_ms > _SWEPT_EVERY_MS:
            devices.delete_expired_proofs(connection, now_ms)
            self._swept_ms = now_ms
        noted = self._note.execute(
            connection, jkt=proof.thumbprint, jti=proof.jti, expires_at=now_ms + REMEMBERED_MS
        )
        return bool(noted.rowcount == 1)
