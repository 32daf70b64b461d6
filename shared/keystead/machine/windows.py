"""Windows: the time since boot, and the boot counter and machine GUID in the registry."""

from __future__ import annotations

import sys
from functools import cache

# The modules below exist on Windows only. The condition lets type checkers on other systems skip
# them.
if sys.platform == "win32":
    import ctypes
    import winreg

    _CONTROL = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
    _BOOT = (_CONTROL + r"\PrefetchParameters", "BootId")
    _MACHINE = (r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")

    def boot_ms() -> int:
        """Return the milliseconds since boot, sleep included (GetTickCount64)."""
        ticks = ctypes.windll.kernel32.GetTickCount64
        ticks.restype = ctypes.c_uint64
        return int(ticks())

    @cache
    def boot_id() -> str:
        """Return the counter that Windows increments at each boot."""
        return _registry(*_BOOT)

    def boot_clock_is_trusted() -> bool:
        """Return True: Windows gives no process a boot clock of its own."""
        return True

    @cache
    def machine_id() -> str:
        """Return the GUID that Windows generates when it is installed."""
        return _registry(*_MACHINE)

    def _registry(path: str, name: str) -> str:
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                return str(winreg.QueryValueEx(key, name)[0])
        except OSError:
            return ""
