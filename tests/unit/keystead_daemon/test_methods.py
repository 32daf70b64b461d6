"""The table of methods, against the contract's."""

from typing import Any, cast

from keystead.local_api import METHODS
from keystead_daemon.methods import Api


def test_every_method_of_the_contract_has_a_handler_and_no_other_is_there() -> None:
    nothing = cast("Any", None)
    api = Api(
        nothing, online=nothing, subscriptions=nothing, settings=nothing, info=nothing, stop=nothing
    )
    assert api.methods().keys() == METHODS.keys()
