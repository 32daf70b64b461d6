"""The system's keyring, asked in a process of its own that is ended when it takes too long.

A keyring call can wait for ever, for a prompt that nobody sees; a thread that waits so could never
be ended. And the keyring's libraries weigh 10 MiB, which a daemon would carry all day for two calls
at its start. So each call is one short-lived process (`keystead_daemon.helpers.keyring`); what it
needs, and what comes back, goes through its pipes, never through arguments or the environment.
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
#: Seconds for a keyring to answer, or for a person to unlock it; later calls find it unlocked.
LIMIT_S = 10.0


def service_name(product: str, home_tag: str) -> str:
    """The name of the keyring's items; two homes are two devices (`paths.Paths.home_tag`)."""
    return f"keystead:{product}:{home_tag[:8]}" if home_tag else f"keystead:{product}"


class SystemKeyring:
    """Both secrets as two items of the system's keyring. ``helper`` is the command to run."""

    def __init__(self, service: str, helper: Sequence[str], *, limit_s: float = LIMIT_S) -> None:
        self._service = service
        self._helper = helper
        self._limit_s = limit_s

    async def load(self) -> Secrets:
        """What is there. Raises KeyringUnavailable."""
        found = await self._call({DEVICE_KEY: None, VAULT_KEY: None})
        return Secrets(_secret(found.get(DEVICE_KEY)), _secret(found.get(VAULT_KEY)))

    async def store(self, secrets: Secrets) -> None:
        """Write those that are not None. Raises KeyringUnavailable."""
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
                "The keyring did not answer in time.", code="keyring_timeout"
            ) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _answer(output)


def _answer(output: bytes) -> dict[str, str | None]:
    try:
        answer = msgspec.json.decode(output, type=KeyringAnswer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        answer = KeyringAnswer(failed="broken")
    if answer.failed == "locked":
        raise KeyringLocked("The keyring is locked.")
    if answer.failed == "missing":
        raise KeyringUnavailable("There is no keyring on this system.", code="keyring_missing")
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
    return KeyringUnavailable("The keyring does not work.", code="keyring_broken")
