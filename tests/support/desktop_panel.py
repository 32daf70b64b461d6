"""A simulated desktop panel with tray and notifications, on a private D-Bus session.

`Panel` implements ``org.kde.StatusNotifierWatcher`` and ``org.freedesktop.Notifications``: it keeps
tray items and notifications, and can click them.
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, NamedTuple, Self

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from PySide6.QtGui import QImage

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
NOTIFICATIONS = "org.freedesktop.Notifications"
MENU = "com.canonical.dbusmenu"
_PROPERTIES = "org.freedesktop.DBus.Properties"
#: Seconds to wait for a reply over the bus.
PATIENCE_S = 60.0


class Notification(NamedTuple):
    """A notification that the desktop was asked to show."""

    id: int
    sender: str
    title: str
    body: str


class MenuEntry(NamedTuple):
    id: int
    label: str
    enabled: bool


class BusSession:
    """A D-Bus session bus; ``address`` is what programs find it by. A context manager."""

    def __enter__(self) -> Self:
        command = ("dbus-daemon", "--session", "--nofork", "--print-address=1")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.communicate()


class Panel:
    """A panel and a notification service on a bus; a thread of its own answers for both."""

    def __init__(self, address: str) -> None:
        #: Bus names of the items that are in the tray, oldest first.
        self.items: list[str] = []
        self.notifications: list[Notification] = []
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._connect())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wait(self._disconnect())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def open(self) -> None:
        """Start the panel, as a starting desktop does."""
        self._wait(self._bus.request_name(WATCHER))

    def close(self) -> None:
        """Stop the panel, as if it had crashed."""
        self.items.clear()
        self._wait(self._bus.release_name(WATCHER))

    def identity(self) -> str:
        """Return the name by which desktops remember the tray icon's place."""
        return str(self._item()["Id"].value)

    def tooltip(self) -> str:
        """Return the tooltip of the newest item."""
        return str(self._item()["ToolTip"].value[2])

    def icon(self) -> dict[int, QImage]:
        """Return the newest item's images by their side in pixels (SNI: ARGB in network order)."""
        return {
            width: QImage(bytes(data), width, height, QImage.Format.Format_ARGB32).copy()
            for width, height, argb in self._item()["IconPixmap"].value
            for data in (_swapped(argb),)
        }

    def menu(self) -> list[MenuEntry]:
        """Return the newest item's menu, without its separators."""
        body = self._ask(self._menu_path(), f"{MENU}.GetLayout", "iias", [0, -1, []])
        children = [child.value for child in body[1][2]]
        return [
            MenuEntry(id, properties["label"].value.replace("_", ""), _is_enabled(properties))
            for id, properties, _ in children
            if "label" in properties
        ]

    def choose(self, label: str) -> None:
        """Click an entry of the menu."""
        (entry,) = (one for one in self.menu() if one.label == label)
        body = [entry.id, "clicked", Variant("s", ""), 0]
        self._ask(self._menu_path(), f"{MENU}.Event", "isvu", body)

    def click(self) -> None:
        """Click the newest item."""
        self._ask("/StatusNotifierItem", f"{ITEM}.Activate", "ii", [0, 0])

    def click_notification(self, told: Notification) -> None:
        """Click a notification, which closes it."""
        self._tell("ActionInvoked", "us", [told.id, "default"])
        self._tell("NotificationClosed", "uu", [told.id, 2])

    def _item(self) -> dict[str, Variant]:
        found = self._ask("/StatusNotifierItem", f"{_PROPERTIES}.GetAll", "s", [ITEM])
        properties: dict[str, Variant] = found[0]
        return properties

    def _menu_path(self) -> str:
        return str(self._item()["Menu"].value)

    def _tell(self, signal: str, signature: str, body: list[Any]) -> None:
        path = "/org/freedesktop/Notifications"
        message = Message.new_signal(path, NOTIFICATIONS, signal, signature, body)
        self._wait(self._send(message))

    def _ask(self, path: str, method: str, signature: str, body: list[Any]) -> list[Any]:
        """Call a method, named with its interface, of the newest item's program."""
        interface, _, member = method.rpartition(".")
        message = Message(
            destination=self.items[-1],
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
        answer = self._wait(self._call(message))
        assert answer.message_type is MessageType.METHOD_RETURN, answer.body
        return list(answer.body)

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _call(self, message: Message) -> Message | None:
        return await self._bus.call(message)

    async def _send(self, message: Message) -> None:
        await self._bus.send(message)

    async def _connect(self) -> None:
        self._bus = await MessageBus(bus_address=self._address).connect()
        self._bus.add_message_handler(self._answer)
        await self._bus.request_name(NOTIFICATIONS)

    async def _disconnect(self) -> None:
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def _answer(self, message: Message) -> Message | None:
        """Return the reply of panel and notification service; None leaves it to the library."""
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        match message.interface, message.member:
            case "org.kde.StatusNotifierWatcher", "RegisterStatusNotifierItem":
                self.items.append(message.body[0])
                return Message.new_method_return(message)
            case "org.freedesktop.DBus.Properties", "Get" if message.body[0] == WATCHER:
                return Message.new_method_return(message, "v", [Variant("b", True)])
            case "org.freedesktop.Notifications", "Notify":
                told = Notification(
                    len(self.notifications) + 1, message.sender or "", *message.body[3:5]
                )
                self.notifications.append(told)
                return Message.new_method_return(message, "u", [told.id])
            case "org.freedesktop.Notifications", "GetCapabilities":
                return Message.new_method_return(message, "as", [["body", "actions"]])
            case "org.freedesktop.Notifications", "GetServerInformation":
                about = ["panel", "tests", "1", "1.2"]
                return Message.new_method_return(message, "ssss", about)
        return None


def _is_enabled(properties: dict[str, Variant]) -> bool:
    return "enabled" not in properties or bool(properties["enabled"].value)


def _swapped(argb: bytes) -> bytes:
    """Convert ARGB in network order to Qt's byte order on a little-endian machine."""
    return b"".join(argb[i : i + 4][::-1] for i in range(0, len(argb), 4))
