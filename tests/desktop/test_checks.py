"""The diagnostics page: checks run one by one, and the bundle for support."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog

from keystead.checks import CHECK_SPECS, CheckSpec
from keystead.local_api import Check
from support import activations
from support.desktop_world import World
from support.scripted_daemon import PATIENCE_S

# Qt's offscreen platform logs this warning for every dialog.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def silent() -> Iterator[threading.Event]:
    """Set by the end, so that no thread waits on."""
    event = threading.Event()
    yield event
    event.set()


def delayed_answers(check: str, until: threading.Event) -> Callable[[Any], object]:
    """Return the answers of a daemon that delays one check."""

    def answer(wish: Any) -> object:
        if wish.check == check:
            until.wait(PATIENCE_S)
        return activations.diagnostics(wish.check)

    return answer


def test_each_check_is_shown_as_soon_as_its_result_arrives(
    world: World, silent: threading.Event
) -> None:
    daemon, person = world.at(activations.active())
    daemon.answers["diagnostics.get"] = delayed_answers("server", silent)
    person.clicks("Diagnostics")
    person.sees("Background service", "Version 0.1.0 answers", "The keys are at hand.")
    person.sees("Looking at one thing after another…", "Set the date and time of this computer.")
    person.sees("Billing service")
    person.bot.waitUntil(person.sees_progress)
    person.hears("Looking")
    person.sees_no("billing.example answers.")
    silent.set()
    person.sees("billing.example answers.", "Something needs attention.")
    person.hears("Needs attention")
    person.bot.waitUntil(lambda: not person.sees_progress())


def test_the_checks_can_be_stopped_and_run_again(world: World, silent: threading.Event) -> None:
    daemon, person = world.at(activations.active())
    daemon.answers["diagnostics.get"] = delayed_answers("server", silent)
    person.clicks("Diagnostics")
    person.sees("The keys are at hand.")
    person.bot.waitUntil(lambda: "server" in asked_checks(daemon.asked))
    person.clicks("Stop looking")
    person.sees("Something needs attention.", "Not looked at")
    silent.set()
    person.clicks("Look again")
    person.sees("billing.example answers.", "Something needs attention.")


def asked_checks(asked: Any) -> list[str | None]:
    return [params.check for name, params in list(asked.queue) if name == "diagnostics.get"]


def test_a_check_that_hangs_times_out_and_the_others_run(
    world: World, silent: threading.Event
) -> None:
    class Hanging:
        def run(self, spec: CheckSpec) -> tuple[Check, ...]:
            if spec.name == "files":
                silent.wait(PATIENCE_S)
            return tuple(Check(name=name, ok=True, code="no_screen") for name in spec.checks)

    world.daemon(activations.active())
    specs = tuple(
        msgspec.structs.replace(spec, limit_s=1.0) if spec.name == "files" else spec
        for spec in CHECK_SPECS
    )
    doctor = world.doctor()._replace(examine=Hanging, specs=specs)
    person = world.window(doctor=doctor)
    person.clicks("Diagnostics")
    person.sees("No answer in time (1 s).", "links are printed instead")
    person.clicks("Settings")
    person.sees("Appearance")


def test_a_daemon_of_another_version_is_reported(world: World) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    person.clicks("Diagnostics")
    person.sees("billing.example answers.")
    daemon.answers["daemon.info"] = lambda _: msgspec.structs.replace(
        activations.DIAGNOSTICS.info, version="9.9"
    )
    person.clicks("Look again")
    person.sees("It runs version 9.9, this is version")


def test_the_diagnostics_are_copied_to_the_clipboard(world: World) -> None:
    _, person = world.at(activations.untrusted())
    person.clicks("Copy diagnostics")
    person.sees("The diagnostics are on the clipboard.")
    copied = QApplication.clipboard().text()
    assert "== doctor.json ==" in copied
    assert '"code": "behind"' in copied


def test_the_bundle_is_saved_to_the_chosen_file(world: World, tmp_path: Path) -> None:
    _, person = world.at(activations.active())
    person.clicks("Diagnostics")
    person.clicks("Save for support")
    dialog = person.window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.selectFile(str(tmp_path / "mine.zip"))
    dialog.accept()
    person.sees("Saved as mine.zip.")
    with zipfile.ZipFile(tmp_path / "mine.zip") as bundle:
        assert "keystead-diagnostics/doctor.json" in bundle.namelist()
