"""The device's key for whoever needs it now, or the reason why it is not to be had."""

from __future__ import annotations

from keystead.errors import BackendUnreachable, DaemonRefused, KeyringUnavailable, KeysteadError
from keystead.keys import SigningKey
from keystead_daemon.events import KeysRequested
from keystead_daemon.runner import Runner
from keystead_daemon.state import Failure


async def device_key(runner: Runner, *, renew: bool = False) -> SigningKey:
    """The device's key, asking the keyring once more where it said no before.

    With ``renew`` one that is lost is replaced. Raises KeysteadError with the keyring's reason.
    """
    await runner.settled_keys()
    if not runner.state.ready:
        runner.handle(KeysRequested(renew))
        await runner.settled_keys()
    key, closed = runner.storage.key, runner.state.vault_error
    if not runner.state.ready or key is None:
        raise KeyringUnavailable("There is no key.") if closed is None else error_of(closed)
    return key


def error_of(failure: Failure) -> KeysteadError:
    """What is remembered of a failure, as the error that a caller gets."""
    if failure.unreachable:
        return BackendUnreachable(failure.sentence, code=failure.code)
    return DaemonRefused(failure.sentence, code=failure.code, values=failure.values)
