"""Alembic's environment: run revisions over the connection that the caller has opened.

`keystead_stub.store.migrations.migrate` passes its own connection. Alembic's command line opens the
database named by `-x database=URL`, for example to write the next revision:

    alembic -x database=sqlite:////tmp/stub.db revision --autogenerate --rev-id 0002 -m "..."
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import SCHEMA


def run(connection: sa.Connection) -> None:
    # SQLite can change a column only by rebuilding its table, which Alembic calls batch mode.
    context.configure(connection=connection, target_metadata=SCHEMA, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_store(context.get_x_argument(as_dictionary=True)["database"]).write() as opened:
        run(opened)
