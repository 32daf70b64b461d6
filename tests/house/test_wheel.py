"""The built wheel, installed in environments without the sources."""

import re
import tarfile
import zipfile
from email import message_from_bytes
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

import pytest

from support.wheels import build_wheel, create_environment, run

ROOT = Path(__file__).parents[2]
PACKAGES = {"keystead", "keystead_client", "keystead_daemon", "keystead_stub"}
# The dependencies of `pip install keystead`, including transitive ones.
BASE = ["cffi", "msgspec", "platformdirs", "pycparser", "pynacl"]
COMMANDS = {
    "keystead": "client",
    "keystead-desktop": "client",
    "keystead-stub": "stub",
    "keysteadd": "daemon",
}

LINK = re.compile(r"\]\(([^)]+)\)")
OWN_FILE = re.compile(r"/(?:blob|raw)/main/([^#]+)")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def description(wheel: Path) -> str:
    """README.md as the index of packages shows it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        return str(message_from_bytes(archive.read(name)).get_payload())


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    return create_environment(tmp_path_factory.mktemp("bare"), wheel, BASE)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    names = [dist.name for dist in distributions() if dist.name not in {"keystead", "pip"}]
    return create_environment(tmp_path_factory.mktemp("full"), wheel, names)


def test_the_wheel_contains_exactly_the_four_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_links_in_the_description_lead_to_files_that_the_sources_contain(
    wheel: Path, description: str
) -> None:
    links = LINK.findall(description)
    assert len(links) > 5
    assert [link for link in links if not link.startswith("https://")] == []
    (sources,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(sources) as archive:
        files = {PurePosixPath(name.partition("/")[2]) for name in archive.getnames()}
    held = {str(path) for file in files for path in (file, *file.parents)}
    own = [path for link in links for path in OWN_FILE.findall(link)]
    assert len(own) > 5
    assert [path for path in own if path not in held] == []


def test_the_sources_contain_the_test_vectors_and_the_wheel_does_not(wheel: Path) -> None:
    vectors = {str(path.relative_to(ROOT)) for path in (ROOT / "shared/vectors").rglob("*.json")}
    assert vectors
    (sources,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(sources) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert vectors | {"shared/SPECIFICATION.md", "packaging/vectors.py"} <= held
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if "vectors" in name] == []


def test_the_base_install_imports_the_sdk_from_the_wheel(bare: Path) -> None:
    imported = run(bare / "python", "-I", "-c", "import keystead; print(keystead.__file__)")
    assert imported.stdout.startswith(str(bare.parent)), imported.stderr


@pytest.mark.parametrize(("command", "extra"), COMMANDS.items())
@pytest.mark.nightly
def test_a_command_without_its_extra_says_what_to_install(
    bare: Path, command: str, extra: str
) -> None:
    said = run(bare / command, "--help")
    assert said.returncode != 0
    assert f'pip install "keystead[{extra}]"' in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.nightly
def test_a_command_with_its_extra_prints_its_help(full: Path, command: str) -> None:
    said = run(full / command, "--help")
    assert said.returncode == 0, said.stderr
    assert "usage" in said.stdout.lower()


@pytest.mark.nightly
def test_every_module_of_the_wheel_can_be_imported(full: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = [Path(name).with_suffix("") for name in archive.namelist() if name.endswith(".py")]
    names = sorted(".".join(file.parts).removesuffix(".__init__") for file in files)
    # PyInstaller runs its hooks, and Alembic its environment, instead of importing them.
    names = [name for name in names if ".pyinstaller_hooks.hook-" not in name]
    names = [name for name in names if not name.endswith((".__main__", ".migrations.env"))]
    program = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    imported = run(full / "python", "-I", "-W", "error", "-c", program, *names)
    assert imported.returncode == 0, imported.stderr
