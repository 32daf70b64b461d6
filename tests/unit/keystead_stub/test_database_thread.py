"""Database access from one thread only: another thread would join its open transaction."""

from __future__ import annotations

import asyncio
import inspect
import secrets
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from litestar.handlers import HTTPRouteHandler

from keystead.wire.dashclicks import people, selling
from keystead_stub import controls
from keystead_stub.app import Options, Stub, build
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.settings import Settings
from keystead_stub.web_app import PAGE_ROUTES, route_handlers

URL = "http://127.0.0.1:8787"
API_ROUTES = (
    *(one for api in REGISTRY.values() for one in api.all_routes()),
    *controls.ROUTES,
    *PAGE_ROUTES,
)
HANDLERS = [
    *(handler for routes in API_ROUTES for handler in routes.handlers),
    *(handler for handler in route_handlers("nyra") if isinstance(handler, HTTPRouteHandler)),
]


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    settings = Settings.load({}, url=URL, random=secrets.token_bytes)
    made = build(settings, Options(url=URL, config=tmp_path / "keystead-stub.toml"))
    yield made
    made.close()


def database_threads(
    stub: Stub, story: Callable[[httpx.AsyncClient], Awaitable[None]]
) -> tuple[set[int], int]:
    """Return the threads that began transactions, and the thread that served requests."""
    began: set[int] = set()

    def note(_connection: sa.Connection) -> None:
        began.add(threading.get_ident())

    async def served() -> int:
        # The framework and the client have types of their own for the same thing.
        asgi: Any = stub.asgi
        transport = httpx.ASGITransport(app=asgi)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            await story(client)
        return threading.get_ident()

    sa.event.listen(stub.services.store.engine, "begin", note)
    return began, asyncio.run(served())


async def read_as_merchant(client: httpx.AsyncClient) -> None:
    fields = {"api": "dashclicks", "accountId": "acme"}
    headers = (await client.post("/_stub/tokens", json=fields)).json()["headers"]
    for path in (people.ACCOUNT, selling.BALANCE, selling.SUBSCRIPTION):
        answer = await client.get(f"/dashclicks{path}", headers=headers)
        assert answer.status_code == 200, path


def test_all_database_transactions_begin_in_one_thread(stub: Stub) -> None:
    began, serving = database_threads(stub, read_as_merchant)
    assert began == {serving}


def test_no_handler_or_guard_runs_in_a_worker_thread() -> None:
    """The framework runs a sync function in a worker thread, unless `sync_to_thread` is false."""
    guards = {guard for handler in HANDLERS for guard in handler.guards or ()}
    assert [guard for guard in guards if not inspect.iscoroutinefunction(guard)] == []
    plain = [one for one in HANDLERS if not inspect.iscoroutinefunction(one.fn)]
    assert [one.handler_name for one in plain if one.sync_to_thread is not False] == []
