"""Load the script behind ``make translations``, which is in no package."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

_PATH = Path(__file__).parents[2] / "packaging/translations.py"


def script() -> ModuleType:
    """The script as a module."""
    spec = spec_from_file_location("packaging_translations", _PATH)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
