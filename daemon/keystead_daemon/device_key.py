"""The device key for a local API call, or the reason why it can't be loaded."""

from __future__ import annotations

from keystead.errors import BackendUnreachable, DaemonRefused, KeyringUnavailable, KeysteadError
from keystead.keys import SigningKey
from keystead_daemon.events import KeysRequested
from keystead_daemon.runner import Runner
from keystead_daemon.state import Failure


async def device_key(runner: Runner, *, renew: bool = False) -> SigningKey:
    """Return the device key, after one more attempt where the keyring failed before.

    With ``renew`` a lost key is replaced. Raises KeysteadError with the keyring's code.
    """
    await runner.settled_keys()
    if not runner.state.ready:
        runner.handle(KeysRequested(renew))
        await runner.settled_keys()
    key, closed = runner.storage.key, runner.state.vault_error
    if not runner.state.ready or key is None:
        raise (
            KeyringUnavailable("The device key isn't loaded.")
            if closed is None
            else error_of(closed)
        )
    return key


def error_of(failure: Failure) -> KeysteadError:
    """Return the exception for a recorded failure."""
    if failure.unreachable:
        return BackendUnreachable(failure.sentence, code=failure.code, values=failure.values)
    return DaemonRefused(failure.sentence, code=failure.code, values=failure.values)
