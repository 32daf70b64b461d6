"""Windows: a value under the user's ``Run`` key, which is executed at each sign-in.

Task Manager disables it by a value of the same name under ``StartupApproved``, whose first byte is
odd then.
"""

from __future__ import annotations

import subprocess
import sys

from keystead.errors import StorageFailed
from keystead_client.autostart import AutostartItem

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"


def name_of(item: AutostartItem) -> str:
    """Return the value's name."""
    return f"Keystead {item.product_id}"


def command_line(item: AutostartItem) -> str:
    """Return the value: one line, quoted as programs on Windows parse their arguments."""
    return subprocess.list2cmdline(item.command)


def starts(run: object, approved: object) -> bool:
    """Return whether Windows starts it, from both values (None if one is missing)."""
    switched_off = isinstance(approved, bytes) and bool(approved[:1]) and approved[0] % 2 == 1
    return isinstance(run, str) and bool(run) and not switched_off


if sys.platform == "win32":
    import winreg

    class RunKey:
        """One value in the registry. Implements `Autostart`."""

        def __init__(self, item: AutostartItem) -> None:
            self._item = item

        def is_enabled(self) -> bool:
            name = name_of(self._item)
            return starts(_value(RUN, name), _value(APPROVED, name))

        def install(self) -> None:
            try:
                with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN) as key:
                    name, value = name_of(self._item), command_line(self._item)
                    winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)
            except OSError as error:
                raise _failed("changed", error) from error
            _remove(APPROVED, name_of(self._item))

        def remove(self) -> None:
            _remove(RUN, name_of(self._item))

    def _value(path: str, name: str) -> object:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
                return winreg.QueryValueEx(key, name)[0]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed("read", error) from error

    def _remove(path: str, name: str) -> None:
        access = winreg.KEY_SET_VALUE
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path, 0, access) as key:
                winreg.DeleteValue(key, name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _failed("changed", error) from error

    def _failed(what: str, error: OSError) -> StorageFailed:
        return StorageFailed(f"The registry could not be {what}: {error.strerror}.")
