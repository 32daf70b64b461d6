"""The system's keyring, called in a helper process with a time limit.

A keyring call can block forever on a hidden password prompt, and a blocked thread can't be ended.
The keyring's libraries also take 10 MiB, for two calls at the daemon's start. So each call is a
short-lived process (`keystead_daemon.helpers.keyring`). Secrets go through its pipes, never through
arguments or the environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from keystead.encoding import InvalidEncoding, b64u_decode, b64u_encode
from keystead.errors import KeyringUnavailable
from keystead_daemon.helpers.keyring import KeyringAnswer, KeyringCall
from keystead_daemon.secrets_store import SECRET_BYTES, KeyringLocked, Secrets

DEVICE_KEY = "device-key"
VAULT_KEY = "vault-key"
#: Seconds for the keyring to answer or a person to unlock it; later calls find it unlocked.
LIMIT_S = 10.0


def service_name(product: str, home_tag: str) -> str:
    """Return the items' service name; each home is its own device (`paths.Paths.home_tag`)."""
    return f"keystead:{product}:{home_tag[:8]}" if home_tag else f"keystead:{product}"


class SystemKeyring:
    """Stores both secrets as two keyring items. ``helper`` is the command to run."""

    def __init__(self, service: str, helper: Sequence[str], *, limit_s: float = LIMIT_S) -> None:
        self._service = service
        self._helper = helper
        self._limit_s = limit_s

    async def load(self) -> Secrets:
        """Return the stored secrets. Raises KeyringUnavailable."""
        found = await self._call({DEVICE_KEY: None, VAULT_KEY: None})
        return Secrets(_secret(found.get(DEVICE_KEY)), _secret(found.get(VAULT_KEY)))

    async def store(self, secrets: Secrets) -> None:
        """Write the secrets that are not None. Raises KeyringUnavailable."""
        items = {DEVICE_KEY: secrets.device_seed, VAULT_KEY: secrets.vault_key}
        await self._call({name: b64u_encode(one) for name, one in items.items() if one})

    async def _call(self, items: dict[str, str | None]) -> dict[str, str | None]:
        call = msgspec.json.encode(KeyringCall(service=self._service, items=items))
        try:
            process = await asyncio.create_subprocess_exec(
                *self._helper, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
        except OSError:
            raise _broken() from None
        try:
            async with asyncio.timeout(self._limit_s):
                output, _ = await process.communicate(call)
        except TimeoutError:
            raise KeyringUnavailable(
                "The keyring didn't respond in time.", code="keyring_timeout"
            ) from None
        # Also when the daemon stops: a helper that waits for a password must not outlive it.
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _answer(output)


def _answer(output: bytes) -> dict[str, str | None]:
    try:
        answer = msgspec.json.decode(output, type=KeyringAnswer)
    # A helper that crashed prints nothing, or a part of an answer.
    except (msgspec.MsgspecError, UnicodeDecodeError):
        answer = KeyringAnswer(failed="broken")
    if answer.failed == "locked":
        raise KeyringLocked("The keyring is locked.")
    if answer.failed == "missing":
        raise KeyringUnavailable("This system has no keyring.", code="keyring_missing")
    if answer.failed is not None:
        raise _broken()
    return answer.items


def _secret(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        secret = b64u_decode(text)
    except InvalidEncoding:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise _broken()
    return secret


def _broken() -> KeyringUnavailable:
    return KeyringUnavailable("The keyring doesn't work.", code="keyring_broken")
