"""The daemon's methods are those of the specification."""

from importlib.metadata import version
from typing import Any, cast

from keystead import __version__
from keystead.local_api import METHODS
from keystead_daemon.methods import LocalApi


def test_exactly_the_methods_of_the_contract_have_handlers() -> None:
    nothing = cast("Any", None)
    api = LocalApi(
        nothing,
        backend=nothing,
        subscriptions=nothing,
        settings=nothing,
        info=nothing,
        stop=nothing,
    )
    assert api.methods().keys() == METHODS.keys()


def test_the_version_is_that_of_the_installed_package() -> None:
    assert version("keystead") == __version__
