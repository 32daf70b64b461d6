"""One call to the system's keyring: a `KeyringCall` on stdin, a `KeyringAnswer` on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


class KeyringCall(msgspec.Struct, frozen=True):
    """``items`` to read, where the value is None, or to write."""

    service: str
    items: dict[str, str | None]


class KeyringAnswer(msgspec.Struct, frozen=True):
    """The items read; ``failed`` says ``missing``, ``locked`` or ``broken``."""

    items: dict[str, str | None] = {}
    failed: str | None = None


def main() -> None:
    """Answer the call; a keyring's error is an answer too."""
    call = msgspec.json.decode(sys.stdin.buffer.read(), type=KeyringCall)
    sys.stdout.buffer.write(msgspec.json.encode(_answered(call)))


def _answered(call: KeyringCall) -> KeyringAnswer:
    # Imported here: the daemon imports this module for its types, without the keyring library.
    from keyring.errors import InitError, KeyringError, KeyringLocked, NoKeyringError

    try:
        backend = _backend()
        return KeyringAnswer({name: _one(backend, call, name) for name in call.items})
    except KeyringLocked:
        return KeyringAnswer(failed="locked")
    except (InitError, NoKeyringError, ImportError):
        return KeyringAnswer(failed="missing")
    except (KeyringError, OSError, RuntimeError):
        return KeyringAnswer(failed="broken")


def _one(backend: KeyringBackend, call: KeyringCall, name: str) -> str | None:
    value = call.items[name]
    if value is not None:
        backend.set_password(call.service, name, value)
        return None
    return backend.get_password(call.service, name)


def _backend() -> KeyringBackend:
    """Return the system's backend. `keyring.get_keyring` would load every installed one."""
    backend: KeyringBackend
    if sys.platform == "win32":
        from keyring.backends.Windows import WinVaultKeyring as Fitting
    elif sys.platform == "darwin":
        from keyring.backends.macOS import Keyring as Fitting
    else:
        from keyring.backends.SecretService import Keyring as Fitting
    if not Fitting.viable:
        raise ImportError
    backend = Fitting()  # type: ignore[no-untyped-call]
    return backend


if __name__ == "__main__":
    main()
