"""What the window needs of its installation, as functions bound to a command-line context.

They read files and start processes, so the window calls them in the background. Each imports what
it needs when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from keystead_client import profile_lookup
from keystead_client.context import Context
from keystead_client.desktop.check_runner import Examination
from keystead_client.desktop.intents.diagnostics import Doctor
from keystead_client.desktop.models.product_info import ProductInfo


def start_daemon_of(context: Context) -> Callable[[], None]:
    """Return a function that starts the daemon, or again one of another profile, and waits."""

    def start() -> None:
        context.connect().close()

    return start


def product_info_of(context: Context) -> Callable[[], ProductInfo]:
    """Return a function that reads the product's name and support address.

    The whole profile is validated where a daemon is started with it.
    """
    return lambda: ProductInfo(
        *profile_lookup.product_info(context.profile_path), context.profile_digest
    )


def doctor_of(context: Context) -> Doctor:
    """Return how diagnostics are made."""

    def examine() -> Examination:
        from keystead_client import doctor

        return doctor.Examination(context)

    def files() -> dict[str, str]:
        from keystead_client import bundle
        from keystead_client.doctor import examine

        return bundle.contents(examine(context), context)

    def save(path: Path) -> Path:
        from keystead.files import replace_atomically
        from keystead_client import bundle

        replace_atomically(path, bundle.zip_archive(files()))
        return path

    def text() -> str:
        from keystead_client import bundle

        return bundle.as_text(files())

    return Doctor(examine, save, text)


def opens_links_of(context: Context) -> Callable[[], bool]:
    """Return a function that says whether a link of the product reaches this window."""

    def opens() -> bool:
        from keystead_client.link_handler import opens_links
        from keystead_client.window_command import window_command

        return opens_links(
            window_command(context), context.product_id, context.environ, Path.home()
        )

    return opens


def at_login_of(context: Context) -> Callable[[bool | None], bool]:
    """Return a function that turns starting at login on or off (None only asks)."""

    def at_login(wanted: bool | None) -> bool:
        from keystead_client.autostart import AutostartItem, autostart_of
        from keystead_client.window_command import window_command

        name, _ = profile_lookup.product_info(context.profile_path)
        command = window_command(context, "--minimized")
        item = AutostartItem(context.product_id, name, command)
        system = autostart_of(item, context.environ, Path.home())
        if wanted is not None:
            (system.install if wanted else system.remove)()
        return system.is_enabled()

    return at_login
