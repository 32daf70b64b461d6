"""What a program that uses the SDK needs, and an analysis of its imports does not see."""

from typing import Any

from keystead.pyinstaller_hooks.profiles import profile_files

OURS = ("keystead", "keystead_client", "keystead_daemon", "keystead_stub")
#: What PyInstaller calls a program's own parts: the file that it freezes, modules and packages.
PROGRAM_PARTS = ("Script", "SourceModule", "Package")

#: PyNaCl's library imports it from C (pyinstaller#3525).
hiddenimports = ["_cffi_backend"]


def hook(hook_api: Any) -> None:
    """Take along the profile beside each of the program's modules that import Keystead.

    They open it by ``Path(__file__).with_name("keystead.toml")``, which is in the bundle then too.
    """
    for module in hook_api.module_graph.incoming(hook_api.module):
        kind = type(module).__name__
        if kind not in PROGRAM_PARTS or module.identifier.partition(".")[0] in OURS:
            continue
        package = "" if kind == "Script" else module.identifier
        if kind == "SourceModule":
            package = package.rpartition(".")[0]
        hook_api.add_datas(profile_files(module.filename, package))
