"""The example programs, run as their customers run them: from not paid to expired."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from keystead_stub.in_process import BillingStub
from support.vendor_program import EXAMPLES, VendorProgram, stop_daemon, vendor_program
from support.world import PATIENCE_S

pytestmark = pytest.mark.long

PATIENCE_MS = int(PATIENCE_S * 1000)


@pytest.fixture
def sold(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BillingStub]:
    """Return a stub that sells the product of an example, by its own profile and catalogue."""
    name = str(request.param)
    profile, catalogue = EXAMPLES / name / "keystead.toml", EXAMPLES / name / "catalogue.toml"
    with BillingStub.running(tmp_path / "stub", profile=profile, catalogue=catalogue) as stub:
        yield stub


@pytest.fixture
def report(sold: BillingStub, short_folder: Path) -> Iterator[VendorProgram]:
    with vendor_program("report", short_folder, sold, "acme-report") as program:
        yield program


@pytest.fixture
def notes(sold: BillingStub, short_folder: Path) -> Iterator[VendorProgram]:
    with vendor_program("notes", short_folder, sold, "acme-notes") as program:
        yield program


of_report = pytest.mark.parametrize("sold", ["report"], indirect=True)
of_notes = pytest.mark.parametrize("sold", ["notes"], indirect=True)


@of_report
def test_the_command_line_tool_sells_its_feature(report: VendorProgram, sold: BillingStub) -> None:
    table, page = report.folder / "sales.csv", report.folder / "sales.html"
    table.write_text("city,sold\nLyon,2\nGhent,3\n")
    assert report.run(table).out == "sold: 5\n"

    unpaid = report.run(table, "--html", page)
    assert (unpaid.code, unpaid.out) == (1, "")
    assert "isn't activated on this device. Buy a plan" in unpaid.err
    assert not page.exists()

    assert report.run("--buy").out == "Continue in the browser.\n"
    assert [one.startswith(sold.url) for one in report.pages()] == [True]
    report.pay(sold)
    assert report.run(table, "--html", page).code == 0
    assert "<th>sold<td>5" in page.read_text()

    stop_daemon(report.device)
    with_backend_away = report.run(table, "--html", page)
    assert with_backend_away.code == 0

    assert report.run("--buy").out == "Continue in the browser.\n"
    assert "portal" in report.pages()[-1], "who has paid gets the page that manages it"
    customer = str(sold.state(str(report.device.view().device_id))["customer"]["id"])
    sold.customer(customer, "cancel", atPeriodEnd=False)
    report.device.refresh()
    ended = report.run(table, "--html", page)
    assert ended.code == 1
    assert ended.err.startswith("Your subscription has ended. Renew it to keep using Acme Report.")


@of_report
def test_the_command_line_tool_prints_the_address_where_there_is_no_browser(
    report: VendorProgram,
) -> None:
    said = report.run("--buy", BROWSER="").out
    checkout = report.device.view().checkout
    assert checkout is not None
    assert said == f"Open this page to pay: {checkout.url}\n"


@contextmanager
def loaded(program: VendorProgram, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Load the program into this process, which has its environment for that time."""
    for name in set(os.environ) - program.environ.keys():
        monkeypatch.delenv(name)
    for name, value in program.environ.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("acme_program", program.script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "acme_program", module)
    spec.loader.exec_module(module)
    yield module


@of_notes
# Of Qt's platform without a screen, about every window.
@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_the_editor_sells_its_feature(
    notes: VendorProgram,
    sold: BillingStub,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note, page = notes.folder / "note.txt", notes.folder / "note.html"
    with loaded(notes, monkeypatch) as program:
        editor = program.Editor(note)
        qtbot.addWidget(editor)
        editor.show()
        with program.LICENSE.watch(lambda _: editor.license_changed.emit()):
            QTest.keyClicks(editor.text, "Dear <Ada>")
            editor.save()
            assert note.read_text() == "Dear <Ada>"

            editor.export()
            assert "isn't activated on this device. Buy a plan" in editor.message.text()
            assert not page.exists()

            QTest.mouseClick(editor.buy_button, Qt.MouseButton.LeftButton)
            qtbot.waitUntil(
                lambda: editor.message.text() == "Continue in the browser.", timeout=PATIENCE_MS
            )
            notes.pay(sold)
            qtbot.waitUntil(
                lambda: editor.message.text().startswith("Thank you"), timeout=PATIENCE_MS
            )
            assert not editor.buy_button.isVisible()
            editor.export()
            assert "Dear &lt;Ada&gt;" in page.read_text()
            stop_daemon(notes.device)
            editor.export()
            assert editor.message.text() == "Exported to note.html."


@of_notes
def test_the_editor_exports_without_its_window(notes: VendorProgram) -> None:
    note = notes.folder / "note.txt"
    note.write_text("Dear Ada")
    unpaid = notes.run(note, "--export", note.with_suffix(".html"), QT_QPA_PLATFORM="offscreen")
    assert unpaid.code == 1
    assert "Buy a plan, or restore an earlier purchase." in unpaid.err


@pytest.mark.parametrize("name", ["notes", "report"])
def test_an_example_needs_at_most_ten_lines_of_keystead(name: str) -> None:
    lines = (EXAMPLES / name / f"{name}.py").read_text("utf-8").splitlines()
    ours = [one for one in lines if "keystead." in one or "LICENSE" in one or "opened." in one]
    assert 4 <= len([one for one in ours if not one.strip().startswith("#")]) <= 10
