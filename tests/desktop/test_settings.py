"""The settings page: changes apply at once and show what the system reports."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from keystead.local_api import Settings, SettingsParams
from keystead.product_names import desktop_id
from keystead_client.desktop import theme
from support import activations
from support.desktop_world import World
from support.documents import PRODUCT
from support.person import PATIENCE_MS, Person
from support.scripted_daemon import Refusal, ScriptedDaemon

# Qt's offscreen platform logs this warning for every dialog and list.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "This plugin does not support")
ENTRY = f"autostart/{desktop_id(PRODUCT)}.desktop"


def next_settings(person: Person, daemon: ScriptedDaemon) -> msgspec.Struct:
    """Return the parameters of the next change of settings."""
    while True:
        person.bot.waitUntil(lambda: not daemon.asked.empty(), timeout=PATIENCE_MS)
        name, params = daemon.asked.get()
        if name == "settings.set":
            return params


def accept_settings(daemon: ScriptedDaemon) -> None:
    """Let the daemon accept changes of settings."""
    kept = Settings()

    def keep(wish: msgspec.Struct) -> Settings:
        nonlocal kept
        given = msgspec.structs.asdict(wish).items()
        changed = {name: value for name, value in given if value is not msgspec.UNSET}
        kept = msgspec.structs.replace(kept, **changed)
        return kept

    daemon.answers["settings.set"] = keep
    daemon.answers["settings.get"] = lambda _: kept


def test_a_changed_setting_is_sent_at_once(world: World, qapp: QApplication) -> None:
    daemon, person = world.at(activations.active())
    daemon.answers["settings.set"] = lambda _: Settings(appearance="dark")
    before = qapp.palette().window().color()
    person.clicks("Settings")
    person.clicks("Dark")
    person.bot.waitUntil(lambda: qapp.palette().window().color() != before)
    assert next_settings(person, daemon) == SettingsParams(appearance="dark")
    theme.choose(qapp, "system")
    assert qapp.palette().window().color() == before


def test_a_typed_proxy_is_validated_first(world: World) -> None:
    daemon, person = world.at(activations.active())
    daemon.answers["settings.set"] = lambda _: Settings(proxy="http://proxy:3128")
    person.clicks("Settings")
    person.clicks("This one")
    person.types("Address of the proxy", "no proxy")
    person.clicks("Use this proxy")
    person.sees("This is no address of a proxy.")
    person.types("Address of the proxy", "http://proxy:3128")
    person.clicks("Use this proxy")
    person.sees_no("This is no address of a proxy.")
    person.sees("http://proxy:3128")
    assert next_settings(person, daemon) == SettingsParams(proxy="http://proxy:3128")


def test_start_at_login_is_switched_on(world: World) -> None:
    _, person = world.at(activations.active())
    entry = world.user_config / ENTRY
    person.clicks("Settings")
    person.clicks("Start at login")
    person.bot.waitUntil(entry.is_file)
    assert "--minimized" in entry.read_text("utf-8")
    person.bot.waitUntil(person.button("Start at login").isChecked)
    person.clicks("Start at login")
    person.bot.waitUntil(lambda: not entry.exists())


def test_start_at_login_follows_the_system_s_own_switch(world: World) -> None:
    _, person = world.at(activations.active())
    entry = world.user_config / ENTRY
    person.clicks("Settings")
    person.clicks("Start at login")
    person.bot.waitUntil(entry.is_file)
    person.bot.waitUntil(person.button("Start at login").isChecked)
    entry.write_text(entry.read_text("utf-8") + "Hidden=true\n", "utf-8")
    person.clicks("Overview")
    person.clicks("Settings")
    person.bot.waitUntil(lambda: not person.button("Start at login").isChecked())


def test_a_failure_to_start_at_login_is_explained(world: World) -> None:
    _, person = world.at(activations.active())
    world.user_config.write_text("a file where a folder belongs", "utf-8")
    person.clicks("Settings")
    person.sees("Start at login")
    person.sees("could not be")
    assert not person.button("Start at login").isChecked()


def test_notifications_are_switched_off(world: World) -> None:
    daemon, person = world.at(activations.active())
    accept_settings(daemon)
    person.clicks("Settings")
    person.bot.waitUntil(person.button("Notifications").isChecked)
    person.clicks("Notifications")
    assert next_settings(person, daemon) == SettingsParams(notifications=False)
    person.clicks("Overview")
    person.clicks("Settings")
    person.bot.waitUntil(lambda: not person.button("Notifications").isChecked())


def test_a_language_is_applied_at_once_and_so_is_the_system_s(world: World) -> None:
    daemon, person = world.at(activations.active())
    accept_settings(daemon)
    person.clicks("Settings")
    person.sees("Language")
    person.picks("Language", "العربية")
    person.sees("العربية", "اللغة")
    assert QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
    assert next_settings(person, daemon) == SettingsParams(language="ar")
    person.picks("اللغة", "مثل النظام")
    person.sees("Language")
    assert next_settings(person, daemon) == SettingsParams(language=None)


def test_the_focus_stays_on_the_changed_setting(world: World) -> None:
    daemon, person = world.at(activations.active())
    accept_settings(daemon)
    person.clicks("Settings")
    person.sees("Appearance")
    person.bot.waitUntil(person.button("Light").isEnabled)
    person.button("Notifications").setFocus()
    person.presses(Qt.Key.Key_Space)
    assert next_settings(person, daemon) == SettingsParams(notifications=False)
    person.bot.waitUntil(lambda: not person.button("Notifications").isChecked())
    assert person.button("Notifications").hasFocus()


def test_a_rejected_setting_is_shown_with_its_old_value(world: World) -> None:
    daemon, person = world.at(activations.active())

    def refuse(_: msgspec.Struct) -> object:
        raise Refusal("storage_failed", "The disk is full.")

    daemon.answers["settings.set"] = refuse
    person.clicks("Settings")
    person.bot.waitUntil(person.button("Notifications").isChecked)
    person.clicks("Notifications")
    person.sees("The disk is full.")
    assert person.button("Notifications").isChecked()
