"""The routes of the billing API ``dashclicks``."""

from types import ModuleType

import pytest

from keystead.wire.dashclicks import BASE, money, people, selling


@pytest.mark.parametrize("module", [money, people, selling])
def test_every_route_is_below_the_base_and_named_once(module: ModuleType) -> None:
    values = [value for name, value in vars(module).items() if name.isupper()]
    routes = [value for value in values if isinstance(value, str) and value.startswith("/")]
    assert routes
    assert all(route.startswith(BASE) for route in routes)
    assert len(routes) == len(set(routes))
