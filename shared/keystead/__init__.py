"""Keystead: gate a desktop program on what was paid for, online and offline.

    from pathlib import Path

    import keystead

    license = keystead.open(Path(__file__).with_name("keystead.toml"))

    if license.allows("export"):  # cheap enough for a hot loop
        export()

    try:
        license.require("export")
    except keystead.NotEntitled as refused:
        tell(refused.sentence, refused.remedy)  # for people
        license.activate()  # the way to pay

`open` returns a `License`. ``License.decision`` is everything that is decided now, as one value;
``License.watch`` calls back at each change. All errors are `KeysteadError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "DaemonRefused",
    "DaemonUnreachable",
    "Decision",
    "Entitlement",
    "InvalidProfile",
    "KeysteadError",
    "License",
    "NotEntitled",
    "NotInstalled",
    "Opened",
    "State",
    "StorageFailed",
    "Watch",
    "__version__",
    "open",
]

if TYPE_CHECKING:
    from keystead.activation import State
    from keystead.decision import Decision
    from keystead.entitlement import Entitlement
    from keystead.errors import (
        DaemonRefused,
        DaemonUnreachable,
        InvalidProfile,
        KeysteadError,
        NotEntitled,
        NotInstalled,
        StorageFailed,
    )
    from keystead.license_activation import Opened
    from keystead.license_watch import Watch
    from keystead.sdk import License
    from keystead.sdk import open_license as open  # noqa: A004 - reads as keystead.open
else:

    def __getattr__(name):
        # Loaded when asked for (PEP 562): a window or a command that only shows what the daemon
        # says needs a module or two of this package, and none of what verifies.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # Kept, so that the next access is an ordinary one.
        found = globals()[name] = getattr(_place(name), "open_license" if name == "open" else name)
        return found

    def _place(name):
        # By statements, which PyInstaller, Nuitka and others find: what is imported by a text is
        # missing in a bundle.
        match name:
            case "License" | "open":
                from keystead import sdk as place
            case "Decision":
                from keystead import decision as place
            case "Entitlement":
                from keystead import entitlement as place
            case "Opened":
                from keystead import license_activation as place
            case "State":
                from keystead import activation as place
            case "Watch":
                from keystead import license_watch as place
            case _:
                from keystead import errors as place
        return place

    def __dir__():
        # The modules that happen to be loaded are no part of what a program uses.
        return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
