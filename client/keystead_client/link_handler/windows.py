"""Windows: a class in the user's registry, the same as the installer's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from keystead.errors import StorageFailed
from keystead.product_names import link_scheme


def class_key(product_id: str) -> str:
    """Return the key of a product's links under ``HKEY_CURRENT_USER``."""
    return rf"Software\Classes\{link_scheme(product_id)}"


def values_of(command: Sequence[str], product_id: str) -> dict[str, dict[str, str]]:
    """Return the values by key under ``HKEY_CURRENT_USER``; the empty name is the default value.

    Links contain whatever their author chose. After ``--`` no part of one is read as an option,
    however its quotes are parsed.
    """
    line = f'{subprocess.list2cmdline([*command, "--"])} "%1"'
    key = class_key(product_id)
    return {
        key: {"": f"URL:{product_id}", "URL Protocol": ""},
        rf"{key}\shell\open\command": {"": line},
    }


def same_command(line: str, command: Sequence[str], product_id: str) -> bool:
    """Return whether a class's command line starts this command; quoting may differ."""
    values = values_of(command, product_id)[rf"{class_key(product_id)}\shell\open\command"]
    return _bare(line) == _bare(values[""])


def _bare(line: str) -> str:
    return line.replace('"', "").casefold()


if sys.platform == "win32":
    import winreg

    def is_registered(command: Sequence[str], product_id: str) -> bool:
        """Return whether links start this command, registered for the user or the machine."""
        try:
            path = rf"{link_scheme(product_id)}\shell\open\command"
            with winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, path) as key:
                line, _ = winreg.QueryValueEx(key, "")
        except OSError:
            return False
        return same_command(str(line), command, product_id)

    class RegistryHandler:
        """The class of one program. Implements `LinkHandler`."""

        def __init__(self, command: Sequence[str], product_id: str) -> None:
            self._command, self._product_id = command, product_id

        def register(self) -> None:
            try:
                for path, values in values_of(self._command, self._product_id).items():
                    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, path) as key:
                        for name, value in values.items():
                            winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)
            except OSError as error:
                raise _failed(error) from error

        def unregister(self) -> None:
            for tail in (r"\shell\open\command", r"\shell\open", r"\shell", ""):
                try:
                    winreg.DeleteKey(winreg.HKEY_CURRENT_USER, class_key(self._product_id) + tail)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    raise _failed(error) from error

    def _failed(error: OSError) -> StorageFailed:
        return StorageFailed(f"The registry could not be changed: {error.strerror}.")
