"""Two vendors' packages on one bare Debian: side by side, updated and removed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.bare_debian import BareDebian
from support.fault_injection import require_program
from support.package_builds import run
from support.staged_packages import ACME, BUILD, EXAMPLE, stage_package, write_acme

pytestmark = [pytest.mark.long, pytest.mark.nightly, pytest.mark.slow, pytest.mark.timeout(3600)]

STORY = Path(__file__).with_name("two_products.sh")
STORY_S = 1200
#: What stands beside the programs and is the product's own.
_PROFILE = ("keystead.toml", "keys.json")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with nyra.deb, acme.deb and acme-newer.deb, all with real programs."""
    folder = tmp_path_factory.mktemp("packages")
    out = folder / "out"
    run(sys.executable, BUILD, "--profile", EXAMPLE, "--build", folder / "nyra", "--out", out)
    (nyra,) = out.glob("*.deb")
    (rpm,) = out.glob("*.rpm")
    assert rpm.read_bytes()[:4] == b"\xed\xab\xee\xdb"
    nyra.rename(out / "nyra.deb")
    nfpm = folder / "nyra/package/venv/bin/nfpm"
    # PyInstaller takes long, and its programs are the same for every product.
    programs = folder / "nyra/package-root/opt/nyra-keystead"
    for name, version in (("acme", "2.4.1"), ("acme-newer", "2.5")):
        profile = write_acme(folder / name / "profile")
        profile.write_text(ACME.replace("2.4.1", version), "utf-8")
        staged = stage_package(profile, folder / name)
        own = staged.root / "opt/acme_notes-keystead"
        for part in programs.iterdir():
            if part.name not in _PROFILE:
                (own / part.name).unlink(missing_ok=True)
                run("cp", "--archive", "--link", part, own)
        description = folder / name / "package-root.yaml"
        target = out / f"{name}.deb"
        run(nfpm, "package", "--config", description, "--packager", "deb", "--target", target)
    yield out
    # Pytest keeps the temporary folders of three runs.
    shutil.rmtree(folder)


def test_a_package_keeps_debian_s_rules(packages: Path) -> None:
    lintian = require_program("lintian", "lintian")
    run(lintian, "--allow-root", "--fail-on", "error", packages / "nyra.deb")


def test_two_products_live_side_by_side(packages: Path, tmp_path: Path) -> None:
    debian = BareDebian(tmp_path / "root")
    try:
        shutil.copytree(packages, debian.root / "packages")
        (debian.root / "src").mkdir()
        shutil.copy(STORY, debian.root / "src")
        told = debian.run(f"bash {STORY.name}", timeout_s=STORY_S)
        assert told.returncode == 0, told.stdout[-4000:]
        lines = [line.split(" ", 2) for line in told.stdout.splitlines()]
        facts = {words[1]: words[2] for words in lines if words[0] == "FACT"}
    finally:
        shutil.rmtree(debian.root)
    assert facts["installed"] == "acme+notes=2.4.1-1 nyra=0.1.0-1 "
    assert (facts["status-nyra"], facts["status-acme_notes"]) == ("3 nyra", "3 acme_notes")
    assert len(set(facts["daemons"].split())) == 2
    assert facts["sockets"] == "acme_notes/keysteadd.sock nyra/keysteadd.sock"
    assert facts["states"] == "acme_notes nyra"
    assert facts["links"] == (
        "keystead-acme+notes=acme_notes-keystead.desktop; keystead-nyra=nyra-keystead.desktop; "
    )
    assert facts["usage"].startswith("usage: acme_notes-keystead ")
    assert facts["missing"] == "usage: acme_notes-keystead"
    assert facts["updated"] == "2.5-1"
    assert (facts["kept"], facts["owner"], facts["same-environment"]) == ("yes", "ada", "yes")
    assert (facts["left-running"], facts["other-runs"], facts["left-files"]) == ("", "yes", "")
    assert (facts["purged"], facts["license-kept"]) == ("1", "yes")
    assert facts["links-left"] == "keystead-nyra=nyra-keystead.desktop; "
    assert facts["left-at-last"] == ""
    assert facts["end"] == "reached"
