"""Import contracts, pure modules, and the import cost of the SDK."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("shared", "daemon", "client", "server_stub")

# Every module of `keystead` is either in the contract of pure modules in pyproject.toml or here.
WITH_IO = {
    "keystead",
    "keystead.bootstrap",
    "keystead.browser",
    "keystead.daemon_launch",
    "keystead.daemon_profile",
    "keystead.files",
    "keystead.local_client",
    "keystead.local_peer",
    "keystead.machine",
    "keystead.paths",
    "keystead.profile",
    "keystead.programs",
    "keystead.pyinstaller_hooks",
    "keystead.sdk",
    "keystead.license_activation",
    "keystead.license_watch",
    "keystead.screen",
}
# Outside `keystead` only these must be pure; each must be in the contract as soon as it exists.
DECIDERS = {
    "keystead_client.desktop.models",
    "keystead_client.check_text",
    "keystead_client.presentation",
    "keystead_daemon.effects",
    "keystead_daemon.evidence",
    "keystead_daemon.plan",
    "keystead_daemon.retry",
    "keystead_daemon.state",
    "keystead_stub.billing.billing_history",
    "keystead_stub.billing.billing_state",
    "keystead_stub.billing.event_facts",
    "keystead_stub.billing.event_subject",
    "keystead_stub.billing.intake_plan",
    "keystead_stub.stripe_sim.engine.clock",
    "keystead_stub.stripe_sim.engine.retry_schedule",
    "keystead_stub.billing.licensing",
    "keystead_stub.stripe_types",
    "keystead_stub.stripe_sim.resources.subscriptions.rules",
}


def modules() -> dict[str, Path]:
    found = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def under(name: str, listed: set[str]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in listed - {"keystead"})


def pure_modules() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (contract,) = (c for c in contracts if c["name"].startswith("What decides"))
    return set(contract["source_modules"])


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_import_contracts_are_kept() -> None:
    checked = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert checked.returncode == 0, checked.stdout


def test_every_shared_module_is_listed_as_pure_or_impure() -> None:
    ours = {name for name in modules() if name.partition(".")[0] == "keystead"}
    undecided = {
        name for name in ours if not under(name, pure_modules()) and not under(name, WITH_IO)
    }
    assert undecided == {"keystead"}


def test_every_pure_module_is_in_the_import_contract() -> None:
    assert DECIDERS & modules().keys() <= pure_modules()


def io_builtins(tree: ast.AST) -> Iterator[str]:
    """Yield the I/O that a module does with builtins, which the import contract cannot see."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="open" | "print" | "input" as name)):
                yield name
            case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today" as name)):
                yield name
            case ast.ImportFrom(module="urllib.request") | ast.alias(name="urllib.request"):
                yield "urllib.request"


def test_pure_modules_do_no_io_with_builtins() -> None:
    touched = {
        name: found
        for name, path in modules().items()
        if under(name, pure_modules())
        and (found := sorted(io_builtins(ast.parse(path.read_text("utf-8")))))
    }
    assert touched == {}


def test_importing_the_sdk_loads_no_heavy_module() -> None:
    program = (
        "import sys, keystead\n"
        "for name in getattr(keystead, '__all__', ()): getattr(keystead, name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = set(run(sys.executable, "-I", "-c", program).stdout.split())
    heavy = {"PySide6", "apscheduler", "asyncio", "httpx", "keyring", "litestar"}
    assert "keystead" in loaded
    assert not loaded & heavy
