"""Windows: the interrupt time since boot, the boot counter and the machine GUID of the registry."""

from __future__ import annotations

import sys
from functools import cache

# The names below exist on Windows only, and a type checker elsewhere has to be told so.
if sys.platform == "win32":
    import ctypes
    import winreg

    _CONTROL = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
    _BOOT = (_CONTROL + r"\PrefetchParameters", "BootId")
    _MACHINE = (r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")

    def boot_ms() -> int:
        """GetTickCount64: milliseconds since start, time asleep included."""
        ticks = ctypes.windll.kernel32.GetTickCount64
        ticks.restype = ctypes.c_uint64
        return int(ticks())

    @cache
    def boot_id() -> str:
        """A counter that grows by one at each boot."""
        return _registry(*_BOOT)

    @cache
    def machine_id() -> str:
        """Made when Windows was installed."""
        return _registry(*_MACHINE)

    def _registry(path: str, name: str) -> str:
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                return str(winreg.QueryValueEx(key, name)[0])
        except OSError:
            return ""
