"""The job that notifies the notification service over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from keystead_stub.ops.job_worker import Handler, JobFailed


def notifier(client: httpx.AsyncClient, url: str) -> Handler:
    """Return a handler that posts a job's payload, with its key as the idempotency key."""

    async def notify(key: str, payload: Any) -> None:
        try:
            answer = await client.post(url, json=payload, headers={"Idempotency-Key": key})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The message may quote the URL, which may contain a credential.
            raise JobFailed(type(error).__name__) from None
        if not answer.is_success:
            raise JobFailed(f"HTTP {answer.status_code}")

    return notify
