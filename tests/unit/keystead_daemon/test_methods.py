"""The table of methods, against the contract's."""

from importlib.metadata import version
from typing import Any, cast

from keystead.local_api import METHODS
from keystead_daemon.methods import LocalApi
from keystead_daemon.version import VERSION


def test_every_method_of_the_contract_has_a_handler_and_no_other_is_there() -> None:
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


def test_the_version_is_the_one_that_is_installed() -> None:
    assert version("keystead") == VERSION
