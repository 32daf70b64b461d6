"""Telling the notification service, over HTTP, what has happened."""

from __future__ import annotations

from typing import Any

import httpx

from keystead_stub.ops.job_worker import Handler, NotDone


def notifier(client: httpx.AsyncClient, url: str) -> Handler:
    """Posts a job's payload; the key goes along, so that a repetition is known as one."""

    async def notify(key: str, payload: Any) -> None:
        try:
            answer = await client.post(url, json=payload, headers={"Idempotency-Key": key})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotDone(type(error).__name__) from None
        if not answer.is_success:
            raise NotDone(f"HTTP {answer.status_code}")

    return notify
