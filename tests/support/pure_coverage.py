"""Branch coverage of the pure modules, measured while the tests run.

``--pure-coverage`` turns it on, ``--pure-coverage-floor=100`` makes a run fail below that many per
cent. Which modules these are is defined once: by the import contract in pyproject.toml that forbids
them I/O.

Python 3.11 traces by `sys.settrace`, which would slow the whole suite down by a third. So the
tracer runs only while test modules are imported and during the unit tests and properties that need
no server.
"""

from __future__ import annotations

import io
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
from coverage.exceptions import NoDataError

CONTRACT = "What decides does no I/O and reads no clock"
#: The folders below tests/ whose tests are measured.
_MEASURED = ("unit", "properties")
#: Fixtures that run a server, whose thread is not worth tracing.
_SERVERS = frozenset({"billing_stub", "stub"})
_FOLDER = "pure_coverage_folder"


def pure_files(root: Path) -> list[str]:
    """The files of all modules and packages that the contract names.

    They are found without importing: a module that is imported early is not traced.
    """
    tools = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    (modules,) = (one["source_modules"] for one in contracts if one["name"] == CONTRACT)
    folders = [root / name for name in tools["hatch"]["build"]["dev-mode-dirs"]]
    return sorted(str(file) for module in modules for file in _files(module, folders))


def _files(module: str, folders: list[Path]) -> list[Path]:
    places = [folder.joinpath(*module.split(".")) for folder in folders]
    found = [place.with_suffix(".py") for place in places if place.with_suffix(".py").is_file()]
    found += [file for place in places for file in place.rglob("*.py")]
    assert found, f"{module} is in the contract and does not exist"
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pure coverage")
    group.addoption(
        "--pure-coverage", action="store_true", help="measure the branches of the pure modules"
    )
    group.addoption(
        "--pure-coverage-floor", type=float, default=0.0, help="fail below this many per cent"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--pure-coverage"):
        return
    files = pure_files(config.rootpath)
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is not None:
        config.pluginmanager.register(Tracer(files, Path(given[_FOLDER]), given["workerid"]))
        return
    report = Report(config, files)
    config.pluginmanager.register(report)
    if not config.getoption("numprocesses", None):
        # Plugins finish in reverse order: the tracer must save its data before the report reads it.
        config.pluginmanager.register(Tracer(files, report.folder, "main"))


class Tracer:
    """Traces in the process that runs tests."""

    def __init__(self, files: list[str], folder: Path, worker: str) -> None:
        self._coverage = _coverage(files, folder, worker)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        """Trace the import of test modules, which runs the modules' own statements."""
        return (yield from self._traced())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        return (yield from self._traced() if _measured(item) else _plain())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._coverage.save()

    def _traced(self) -> Iterator[None]:
        self._coverage.start()
        try:
            return (yield)
        finally:
            self._coverage.stop()


class Report:
    """Combines what all processes traced, prints it and compares it with the floor."""

    def __init__(self, config: pytest.Config, files: list[str]) -> None:
        self._config, self._files = config, files
        self._temporary = tempfile.TemporaryDirectory(prefix="keystead-coverage-")
        self.folder = Path(self._temporary.name)
        self._lines: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[_FOLDER] = str(self.folder)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        with self._temporary:
            total = self._combined()
        floor: float = self._config.getoption("--pure-coverage-floor")
        # Rounded as in the report, so that a printed 100 meets a floor of 100.
        if total < floor:
            self._lines.append(f"FAILED pure coverage: {total:.2f} % is below {floor:g} %")
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("branch coverage of the pure modules")
        for line in self._lines:
            terminalreporter.line(line)

    def _combined(self) -> float:
        coverage = _coverage(self._files, self.folder)
        written = io.StringIO()
        try:
            coverage.combine(strict=True)
            total = coverage.report(
                self._files, show_missing=True, skip_covered=True, file=written, precision=2
            )
        except NoDataError:
            return 0.0
        self._lines += written.getvalue().splitlines()
        return total


def _coverage(files: list[str], folder: Path, worker: str | None = None) -> Coverage:
    """Coverage of one worker, or of all: `combine` looks for files with a suffix."""
    return Coverage(folder / "data", data_suffix=worker, branch=True, include=files)


def _measured(item: pytest.Item) -> bool:
    folder, *_ = item.path.relative_to(item.config.rootpath / "tests").parts
    fixtures = set(getattr(item, "fixturenames", ()))
    marks = {mark.name for mark in item.iter_markers()}
    return folder in _MEASURED and not fixtures & _SERVERS and not marks & {"long", "nightly"}


def _plain() -> Iterator[None]:
    return (yield)
