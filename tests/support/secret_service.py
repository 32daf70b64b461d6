"""A Secret Service for tests: a session bus and a real gnome-keyring, which can be locked."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, new_method_call  # type: ignore[import-untyped]
from jeepney.io.blocking import (  # type: ignore[import-untyped]
    DBusConnection,
    open_dbus_connection,
)
from jeepney.wrappers import MessageType, Properties  # type: ignore[import-untyped]

from support.fault_injection import require_program
from support.world import PATIENCE_S

#: An address without a bus, as on a machine without a session.
NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}

_PASSWORD = b"open sesame"
_SECRETS = "org.freedesktop.secrets"
_SERVICE = DBusAddress(
    "/org/freedesktop/secrets", bus_name=_SECRETS, interface="org.freedesktop.Secret.Service"
)
_LOGIN = "/org/freedesktop/secrets/collection/login"
_COLLECTION = DBusAddress(_LOGIN, bus_name=_SECRETS, interface="org.freedesktop.Secret.Collection")
_OWNER = DBusAddress(
    "/org/freedesktop/secrets",
    bus_name=_SECRETS,
    interface="org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
)
_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


class SecretService:
    """A running keyring, unlocked; `environ` leads programs to it."""

    def __init__(self, folder: Path, runtime: str, address: str) -> None:
        self.environ = {
            "DBUS_SESSION_BUS_ADDRESS": address,
            "KEYSTEAD_SECRETS": "keyring",
            **{f"XDG_{name}_HOME": str(folder) for name in ("DATA", "CONFIG", "CACHE")},
            "HOME": str(folder),
        }
        self._address = address
        command = [require_program("gnome-keyring-daemon", "gnome-keyring"), "--unlock"]
        # As at login: the password creates the keyring if there is none.
        subprocess.run(
            [*command, "--components=secrets", "--daemonize"],
            input=_PASSWORD,
            env=os.environ | self.environ | {"XDG_RUNTIME_DIR": runtime},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=PATIENCE_S,
        )

    def unlock(self) -> None:
        """Unlock the keyring with its password, without a prompt."""
        with self._connected() as bus:
            _, session = _call(bus, _SERVICE, "OpenSession", "sv", ("plain", ("s", "")))
            master = (session, b"", _PASSWORD, "text/plain")
            _call(bus, _OWNER, "UnlockWithMasterPassword", "o(oayays)", (_LOGIN, master))

    def lock(self) -> None:
        with self._connected() as bus:
            _call(bus, _SERVICE, "Lock", "ao", ([_LOGIN],))

    def items(self) -> dict[str, bytes]:
        """The secrets, by "service/user" as the library keyring has it."""
        with self._connected() as bus:
            _, session = _call(bus, _SERVICE, "OpenSession", "sv", ("plain", ("s", "")))
            return dict(self._item(bus, path, session) for path in self._paths(bus))

    def wipe(self) -> None:
        """Delete every item."""
        with self._connected() as bus:
            for path in self._paths(bus):
                _call(bus, DBusAddress(path, _SECRETS, "org.freedesktop.Secret.Item"), "Delete")

    def send(self, number: int) -> None:
        """Send a signal to the keyring's process, which the bus identifies."""
        with self._connected() as bus, suppress(ProcessLookupError):
            (pid,) = _call(bus, _BUS, "GetConnectionUnixProcessID", "s", (_SECRETS,))
            os.kill(pid, number)

    def _paths(self, bus: DBusConnection) -> list[str]:
        answer = bus.send_and_get_reply(Properties(_COLLECTION).get("Items"), timeout=PATIENCE_S)
        return list(answer.body[0][1])

    def _item(self, bus: DBusConnection, path: str, session: str) -> tuple[str, bytes]:
        item = DBusAddress(path, bus_name=_SECRETS, interface="org.freedesktop.Secret.Item")
        answer = bus.send_and_get_reply(Properties(item).get("Attributes"), timeout=PATIENCE_S)
        attributes = answer.body[0][1]
        (secret,) = _call(bus, item, "GetSecret", "o", (session,))
        return f"{attributes['service']}/{attributes['username']}", secret[2]

    def _connected(self) -> closing[DBusConnection]:
        return closing(open_dbus_connection(self._address))


def _call(
    bus: DBusConnection, address: DBusAddress, method: str, kinds: str = "", body: Any = ()
) -> Any:
    answer = bus.send_and_get_reply(
        new_method_call(address, method, kinds, body), timeout=PATIENCE_S
    )
    assert answer.header.message_type is not MessageType.error, answer.body
    return answer.body


@contextmanager
def secret_service(folder: Path) -> Iterator[SecretService]:
    """Run a bus with a keyring within the block."""
    folder.mkdir(mode=0o700)
    with tempfile.TemporaryDirectory(prefix="ks-") as runtime:
        yield from _on_a_bus(folder, runtime)


def _on_a_bus(folder: Path, runtime: str) -> Iterator[SecretService]:
    command = [require_program("dbus-daemon", "dbus"), "--session", "--nofork", "--print-address"]
    bus = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert bus.stdout is not None
    with bus.stdout:
        try:
            service = SecretService(folder, runtime, bus.stdout.readline().strip())
            try:
                yield service
            finally:
                service.send(signal.SIGCONT)
                service.send(signal.SIGTERM)
        finally:
            bus.terminate()
            bus.wait(PATIENCE_S)
