"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
#: Whether rows or columns are gone afterwards, so that a backup has to come first.
drops_data = False


def upgrade() -> None:
    ${upgrades if upgrades else "..."}
