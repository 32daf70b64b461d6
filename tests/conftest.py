"""What every test shares: no screen, no real home, and the commands of this environment."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

# Before anything imports Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# English, and dates of no region, wherever the tests run.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)
# The tests start thousands of Python processes: without .pyc files, each compiles all its modules.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Tests run on busy machines: how long an example takes, or is made, says nothing about the code.
# A run tries the same examples each time, so that a change is judged by itself: new examples are
# drawn by `make explore`.
settings.register_profile(
    "keystead",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=50,
    derandomize=True,
)
settings.register_profile("nightly", settings.get_profile("keystead"), max_examples=200)
settings.register_profile("explore", settings.get_profile("nightly"), derandomize=False)
settings.load_profile("keystead")

#: Hypothesis shrinks what it found for up to 300 s. Where pytest stops the test before that, the
#: report is a FlakyStrategyDefinition instead of the failing example.
SHRINKING_LIMIT_S = 900

pytest_plugins = ["support.pure_coverage", "support.shared_stubs", "support.slow_qtbot"]


# Optional, because mutation tests run without xdist.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Start more workers than cores: many tests wait for a process, a browser or a window."""
    cores = os.cpu_count() or 1
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", cores + cores // 2))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _marked(item, "generated") or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.generated)
            item.add_marker(pytest.mark.timeout(SHRINKING_LIMIT_S))
    # Started first, so that no worker is left alone with one of them at the end.
    items.sort(key=lambda item: not (_marked(item, "generated") or _marked(item, "slow")))


def _marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the person who runs the tests is read or written, and no proxy is asked."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("KEYSTEAD_", "XDG_")) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Return a folder for homes whose socket fits in them, because `tmp_path` may be too long.

    The socket of a longer path is in another folder (`keystead.paths.Paths.socket`).
    """
    with tempfile.TemporaryDirectory(prefix="ks-", ignore_cleanup_errors=True) as folder:
        # Not in /tmp itself: a folder whose parent belongs to nobody alone isn't private.
        own = Path(folder).resolve() / "t"
        own.mkdir(mode=0o700)
        yield own
