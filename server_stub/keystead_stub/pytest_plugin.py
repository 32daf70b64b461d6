"""The fixtures `billing_stub` and `keystead_device`: a backend and a customer's device for tests.

    def test_it_activates(billing_stub, keystead_device):
        billing_stub.pay(keystead_device.checkout_session_id)
        billing_stub.clock.advance(days=31)
        assert keystead_device.is_active()

What is sold is the example product, or the vendor's own:

    [tool.pytest.ini_options]            # or pytest.ini, relative to that file
    keystead_profile = "keystead.toml"
    keystead_catalogue = "catalogue.toml"

    @pytest.mark.billing_stub(profile="other.toml", catalogue="other-catalogue.toml", api="crow")

Importing this module costs nothing: the web framework is imported when a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from keystead_stub.in_process import BillingStub
    from keystead_stub.testing.device import KeysteadDevice

_MARK = "billing_stub"
_FILES = ("profile", "catalogue")
_OPTIONS = (*_FILES, "api")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("keystead_profile", "the profile that you ship, for the fixture billing_stub")
    parser.addini("keystead_catalogue", "what you sell, for the fixture billing_stub")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "billing_stub(profile=FILE, catalogue=FILE, api=NAME): what the fixture billing_stub sells",
    )


@pytest.fixture
def billing_stub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BillingStub]:
    """Run a stub with simulated Stripe, a database in memory, and webhooks over real HTTP.

    It sells the product of `keystead_profile` and `keystead_catalogue` in pytest's configuration,
    or of the test's mark `billing_stub`.
    """
    from keystead_stub.entry import missing

    if missing():
        _fail('the fixture billing_stub needs: pip install "keystead[stub]"')
    from keystead.errors import KeysteadError
    from keystead_stub.billing_apis import REGISTRY
    from keystead_stub.in_process import BillingStub

    options = _options(request)
    api = options.pop("api", None)
    if api is not None and api not in REGISTRY:
        _fail(f"billing_stub: unknown api {api!r}; there are {', '.join(sorted(REGISTRY))}")
    running = BillingStub.running(tmp_path / "billing-stub", api=api, **options)
    problem = None
    with ExitStack() as stack:
        try:
            stub = stack.enter_context(running)
        except KeysteadError as error:
            problem = error.sentence
        # Outside of the handler, so that the report is the sentence and no traceback.
        if problem is not None:
            _fail(f"billing_stub: {problem}")
        yield stub


@pytest.fixture
def keystead_device(
    billing_stub: BillingStub,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[KeysteadDevice]:
    """Run a customer's device at the stub: a real daemon, with a home of its own.

    A program that the test runs finds its license: `KEYSTEAD_HOME` is set in this process, too.
    """
    from keystead.errors import KeysteadError
    from keystead_stub.testing import device

    if device.missing():
        _fail('the fixture keystead_device needs: pip install "keystead[client]"')
    running = device.running_device(billing_stub, tmp_path_factory.mktemp("device"))
    problem = None
    with ExitStack() as stack:
        try:
            made = stack.enter_context(running)
        except KeysteadError as error:
            problem = error.sentence
        if problem is not None:
            _fail(f"keystead_device: {problem}")
        for name in ("KEYSTEAD_PROFILE", "KEYSTEAD_HOME", "KEYSTEAD_SECRETS"):
            monkeypatch.setenv(name, made.environ[name])
        yield made


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what the mark says, else pytest's configuration."""
    found: dict[str, Any] = {}
    config = request.config
    for name in _FILES:
        if named := str(config.getini(f"keystead_{name}")):
            found[name] = (config.inipath.parent if config.inipath else config.rootpath) / named
    mark = request.node.get_closest_marker(_MARK)
    if mark is None:
        return found
    if mark.args:
        _fail("billing_stub takes named values only, such as profile=FILE")
    return found | {name: _value(request, name, mark.kwargs) for name in mark.kwargs}


def _value(request: pytest.FixtureRequest, name: str, given: Mapping[str, Any]) -> Any:
    value = given[name]
    if name not in _OPTIONS:
        _fail(f"billing_stub: unknown value {name!r}; there are {', '.join(_OPTIONS)}")
    if value is None or name == "api" or (isinstance(value, str) and "\n" in value):
        return value
    if not isinstance(value, (str, Path)):
        _fail(f"billing_stub: {name} has to be a path or the file's text")
    # Beside the test, where its other files are; else where pytest's configuration is.
    beside = request.path.parent / value
    return beside if beside.exists() else request.config.rootpath / value


def _fail(sentence: str) -> NoReturn:
    pytest.fail(sentence, pytrace=False)
