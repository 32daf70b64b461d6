"""Hooks for PyInstaller: a program that imports Keystead is frozen without any option.

PyInstaller finds this folder by the entry point group ``pyinstaller40`` of the installed wheel and
runs ``hook-PACKAGE.py`` when it meets an import of the package.
"""

from __future__ import annotations

import os


def hook_folders() -> list[str]:
    """Return the folders with hooks, as PyInstaller asks for them."""
    return [os.path.dirname(__file__)]  # noqa: PTH120
