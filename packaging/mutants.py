"""Mutation testing of the pure modules with mutmut, against the list of known survivors.

    python packaging/mutants.py [--write] [--nightly | MODULE ...]

A mutant is a small change of the code. One that survives every test shows a decision that no test
checks. ``tests/surviving_mutants.txt`` lists the survivors that are known, each with its reason. A
survivor that is not listed fails the run, and so does an entry that is killed by now. Changes of
messages, and of branches that the type checker proves dead, are not counted. Without arguments the
modules in `LISTED` are mutated, else the MODULEs or packages given.
``--write`` adds new survivors to the list, for a reason to be filled in. ``--nightly`` mutates the
part that each nightly run has time for, and fails only for survivors that are not listed.

mutmut wants importable packages below ``src``: it works on a copy of the tree in ``build/mutants``.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import msgspec
from mutmut.mutation.diff_apply import get_diff_for_mutant

ROOT = Path(__file__).parents[1]
STAGE = ROOT / "build" / "mutants"
KNOWN = ROOT / "tests" / "surviving_mutants.txt"
CONTRACT = "What decides does no I/O and reads no clock"
_DAEMON = "tests/unit/keystead_daemon"
_BILLING = "tests/unit/keystead_stub/billing"
_STRIPE = "tests/unit/keystead_stub/stripe_sim"
#: By module or package, the fast unit tests that have to kill its mutants; the longest name counts.
#: Those of daemon and stub are named one by one, because the others start processes or servers,
#: which run the unchanged code or take long.
TESTS = {
    "keystead": ["tests/unit/keystead"],
    "keystead_daemon": [
        f"{_DAEMON}/backends",
        f"{_DAEMON}/test_due_times.py",
        f"{_DAEMON}/test_evidence.py",
        f"{_DAEMON}/test_key_updates.py",
        f"{_DAEMON}/test_plan.py",
        f"{_DAEMON}/test_plan_state.py",
        f"{_DAEMON}/test_retry.py",
        f"{_DAEMON}/test_sessions.py",
        f"{_DAEMON}/test_view.py",
    ],
    "keystead_client": ["tests/unit/keystead_client"],
    "keystead_stub.billing": [
        f"{_BILLING}/test_account_metadata.py",
        f"{_BILLING}/test_billing_history.py",
        f"{_BILLING}/test_billing_state.py",
        f"{_BILLING}/test_catalogue.py",
        f"{_BILLING}/test_entitlements.py",
        f"{_BILLING}/test_event_facts.py",
        f"{_BILLING}/test_event_subject.py",
        f"{_BILLING}/test_intake_plan.py",
        f"{_BILLING}/test_known_subscriptions.py",
        f"{_BILLING}/test_licensed_plans.py",
        f"{_BILLING}/test_licensing.py",
        f"{_BILLING}/test_observed_events.py",
        f"{_BILLING}/payments/test_returned_payments.py",
    ],
    "keystead_stub.http": ["tests/unit/keystead_stub/http/test_return_urls.py"],
    "keystead_stub.ops": [
        "tests/unit/keystead_stub/ops/test_preflight.py",
        "tests/unit/keystead_stub/ops/test_secret_patterns.py",
    ],
    "keystead_stub.stripe_sim": [
        f"{_STRIPE}/engine/test_amounts.py",
        f"{_STRIPE}/engine/test_calendar.py",
        f"{_STRIPE}/engine/test_clock.py",
        f"{_STRIPE}/engine/test_discount_rules.py",
        f"{_STRIPE}/engine/test_retry_schedule.py",
        f"{_STRIPE}/resources/test_subscription_rules.py",
    ],
    "keystead_stub.stripe_types": ["tests/unit/keystead_stub/stripe_types"],
}
#: What is mutated without arguments. Another module joins once its survivors are in the list.
LISTED = [
    "keystead.activation",
    "keystead.jose",
    "keystead.key_manifest",
    "keystead.signing_keys",
    "keystead.trust",
    "keystead.trusted_time",
    "keystead_daemon.due_times",
    "keystead_daemon.evidence",
    "keystead_daemon.plan",
    "keystead_daemon.retry",
    "keystead_daemon.sessions",
    "keystead_stub.billing.account_metadata",
    "keystead_stub.billing.entitlements",
    "keystead_stub.billing.event_subject",
    "keystead_stub.billing.intake_plan",
    "keystead_stub.billing.observed_events",
    "keystead_stub.stripe_sim.engine.amounts",
    "keystead_stub.stripe_sim.engine.calendar",
    "keystead_stub.stripe_sim.engine.clock",
    "keystead_stub.stripe_sim.engine.retry_schedule",
    "keystead_stub.stripe_sim.resources.coupons.rules",
    "keystead_stub.stripe_sim.resources.promotion_codes.rules",
    "keystead_stub.stripe_sim.resources.subscriptions.rules",
]
#: The part of `LISTED` that the nightly run mutates: what decides about money, two minutes of work.
NIGHTLY = [
    "keystead_stub.stripe_sim.engine.amounts",
    "keystead_stub.stripe_sim.engine.calendar",
    "keystead_stub.stripe_sim.engine.clock",
    "keystead_stub.stripe_sim.engine.retry_schedule",
    "keystead_stub.stripe_sim.resources.coupons.rules",
    "keystead_stub.stripe_sim.resources.promotion_codes.rules",
    "keystead_stub.stripe_sim.resources.subscriptions.rules",
]
#: mutmut's exit codes of a mutant's tests: passed, and no test that reaches it.
SURVIVED = {0: "survived", 5: "no tests", 33: "no tests"}


#: A text with a space in it is a message, and no code or name that a program compares.
MESSAGE = re.compile(r'f?"[^"]* [^"]*"')


class Survivor(msgspec.Struct, frozen=True, order=True):
    """A function and the lines that a mutant changes in it, without their indentation."""

    function: str
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def is_ignored(self) -> bool:
        """Whether only a message was changed, or a branch that the type checker proves dead."""
        if all("assert_never(" in line or line == "case _:" for line in self.removed):
            return True
        before = [MESSAGE.sub("message", line) for line in self.removed]
        after = [MESSAGE.sub("message", line) for line in self.added]
        return before == after or [line.replace("message", "None") for line in before] == after


def main() -> int:
    """Run mutmut and compare; 0 where the survivors are those of the list."""
    parser = argparse.ArgumentParser(description="Mutation testing of the pure modules.")
    parser.add_argument("--write", action="store_true", help="add new survivors to the list")
    parser.add_argument("--nightly", action="store_true", help="mutate the nightly run's part")
    parser.add_argument("modules", nargs="*", metavar="MODULE", default=LISTED)
    options = parser.parse_args()
    names = NIGHTLY if options.nightly else options.modules
    chosen = [file for file in pure_files() if is_chosen(module_of(file), names)]
    if not chosen:
        parser.error("no pure module has such a name")
    stage(chosen)
    command = Path(sys.executable).with_name("mutmut")
    if subprocess.run([command, "run"], cwd=STAGE, check=False).returncode:
        return 1
    survivors, total = results(chosen)
    listed = {
        survivor: reason
        for survivor, reason in read_known().items()
        if is_chosen(survivor.function, [module_of(file) for file in chosen])
    }
    if options.write:
        write_known(read_known() | dict.fromkeys(survivors - listed.keys(), "TO BE EXPLAINED"))
    differ = report(survivors, set(listed), total)
    # On a busy machine a mutant's tests may take too long, and it counts as killed.
    return int(bool(survivors - listed.keys())) if options.nightly else differ


def report(survivors: set[Survivor], listed: set[Survivor], total: int) -> int:
    """Print the figures and the differences, and return the exit code."""
    print(f"{total} mutants, {total - len(survivors)} killed, {len(survivors)} survived")
    for title, found in (
        ("New survivors: kill or explain them", survivors - listed),
        ("Killed by now: remove them from the list", listed - survivors),
    ):
        if found:
            print(f"\n{title}:\n")
            print("\n".join(as_text(survivor) for survivor in sorted(found)))
    return 0 if survivors == listed else 1


def pure_files() -> list[Path]:
    """The files of the modules and packages in the import contract, relative to the root."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    (names,) = (one["source_modules"] for one in contracts if one["name"] == CONTRACT)
    found: set[Path] = set()
    for name in names:
        for top in tools["hatch"]["build"]["dev-mode-dirs"]:
            place = ROOT / top / Path(*name.split("."))
            found |= {place.with_suffix(".py")} if place.with_suffix(".py").is_file() else set()
            found |= set(place.rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found)


def module_of(file: Path) -> str:
    return ".".join(file.with_suffix("").parts[1:]).removesuffix(".__init__")


def is_chosen(name: str, chosen: list[str]) -> bool:
    return not chosen or any(name == one or name.startswith(f"{one}.") for one in chosen)


def tests_of(module: str) -> list[str]:
    """The tests that have to kill the module's mutants."""
    return TESTS[max((name for name in TESTS if is_chosen(module, [name])), key=len)]


def stage(chosen: list[Path]) -> None:
    """Copy the tree to where mutmut can work on it."""
    shutil.rmtree(STAGE, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for top in ("shared", "daemon", "client", "server_stub"):
        shutil.copytree(ROOT / top, STAGE / "src", ignore=ignore, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests", STAGE / "tests", ignore=ignore)
    # What tests read beside the sources, such as the test vectors.
    beside = ["packaging", "README.md", "shared"]
    for name in beside:
        (STAGE / name).symlink_to(ROOT / name)
    tests = dict.fromkeys(path for file in chosen for path in tests_of(module_of(file)))
    settings = {
        "source_paths": ["src"],
        "only_mutate": [str(Path("src", *file.parts[1:])) for file in chosen],
        "also_copy": beside,
        "pytest_add_cli_args_test_selection": list(tests),
        "pytest_add_cli_args": ["-m", "not long", "-p", "no:cacheprovider", "-p", "no:xdist"],
    }
    # A JSON list of strings is a TOML list, too.
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    ours = (ROOT / "pyproject.toml").read_text("utf-8")
    staged = "\n".join([ours, "[tool.mutmut]", *lines, ""])
    (STAGE / "pyproject.toml").write_text(staged, "utf-8")


def results(chosen: list[Path]) -> tuple[set[Survivor], int]:
    """The survivors, and the number of all mutants."""
    survivors, total = set(), 0
    for file in chosen:
        path = Path("src", *file.parts[1:])
        meta = STAGE / "mutants" / f"{path}.meta"
        if not meta.is_file():
            continue
        codes = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        total += len(codes)
        found = {survivor(name, path) for name, code in codes.items() if code in SURVIVED}
        survivors |= {one for one in found if not one.is_ignored}
    return survivors, total


def survivor(name: str, path: Path) -> Survivor:
    """What mutmut shows of one of its mutants."""
    with chdir(STAGE):
        diff = get_diff_for_mutant(name, path=path)
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    return Survivor(
        re.sub(r"\.x(?:_|ǁ)(.*)__mutmut_\d+$", r".\1", name).replace("ǁ", "."),
        tuple(line[1:].strip() for line in lines if line.startswith("-")),
        tuple(line[1:].strip() for line in lines if line.startswith("+")),
    )


def as_text(survivor: Survivor) -> str:
    removed = [f"  - {line}" for line in survivor.removed]
    added = [f"  + {line}" for line in survivor.added]
    return "\n".join([survivor.function, *removed, *added])


def read_known() -> dict[Survivor, str]:
    """The listed survivors with their reasons."""
    if not KNOWN.exists():
        return {}
    paragraphs = re.split(r"\n{2,}", KNOWN.read_text("utf-8").strip())
    return dict(map(parsed, (one for one in paragraphs if not one.startswith("#"))))


def parsed(paragraph: str) -> tuple[Survivor, str]:
    lines = paragraph.splitlines()

    def beginning(mark: str) -> Iterator[str]:
        return (line[4:] for line in lines[1:] if line.startswith(mark))

    found = Survivor(lines[0], tuple(beginning("  - ")), tuple(beginning("  + ")))
    return found, " ".join(beginning("  # "))


def write_known(known: dict[Survivor, str]) -> None:
    head = re.split(r"\n{2,}", KNOWN.read_text("utf-8"))[0] if KNOWN.exists() else "# Survivors"
    entries = [f"{as_text(one)}\n  # {known[one]}" for one in sorted(known)]
    KNOWN.write_text("\n\n".join([head, *entries]) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
