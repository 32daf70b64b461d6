"""Keep what events said of a mirrored object, and not the id of the last one.

Of what is mirrored already, the last version is one statement.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
drops_data = False

_mirrored = sa.table(
    "mirrored_objects",
    *map(sa.column, ("stripe_account_id", "kind", "object_id", "deleted", "document", "said")),
)
#: How far the stages of an object's life are apart.
_STAGE = 1000


def upgrade() -> None:
    connection = op.get_bind()
    o = _mirrored.c
    for row in connection.execute(sa.select(_mirrored)).all():
        created_ms, stage, rank, _event_id = json.loads(row.said)
        version = [bool(row.deleted), json.loads(row.document)]
        # What was fetched is before all events of its second.
        at = [created_ms, stage * _STAGE + rank if stage >= 0 else -1]
        own = (
            o.stripe_account_id == row.stripe_account_id,
            o.kind == row.kind,
            o.object_id == row.object_id,
        )
        said = json.dumps([[at, [[version, None]]]])
        connection.execute(sa.update(_mirrored).where(*own).values(said=said))
