"""What a program that uses the SDK needs, and an analysis of its imports does not see."""

from PyInstaller.utils.hooks import collect_submodules

HOOKS = "keystead.pyinstaller_hooks"

hiddenimports = [
    # `keystead.open` and the other names are imported by a text when they are first used.
    *collect_submodules("keystead", filter=lambda name: not name.startswith(HOOKS)),
    # PyNaCl's library imports it from C (pyinstaller#3525).
    "_cffi_backend",
]
