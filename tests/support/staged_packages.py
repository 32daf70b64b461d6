"""Two vendors' packages, staged by ``make package``'s own program: the trees and descriptions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec

from keystead.keys import public_jwk
from support.documents import BACKEND

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "packaging/build.py"
EXAMPLE = ROOT / "packaging/example/keystead.toml"
_X = public_jwk(BACKEND.public)["x"]
_KEYS = f'{{ keys = [{{ kty = "OKP", crv = "Ed25519", kid = "k", x = "{_X}" }}] }}'
#: A vendor with everything that needs care: an underscore in the id, marks in the name, an icon.
ACME = f"""
[product]
id = "acme_notes"
name = "Acme & Sons' “Notes” 100%"
support_email = "help@acme.example"
[backend]
url = "https://billing.acme.example"
[trust]
keys = {_KEYS}
[package]
version = "2.4.1"
maintainer = "Acme Ltd <packages@acme.example>"
homepage = "https://acme.example/notes"
license = "MIT AND LicenseRef-Acme"
icon = "notes.svg"
bundle_id = "com.acme.notes"
"""
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
    '<circle cx="4" cy="4" r="4"/></svg>\n'
)


class StagedPackage(msgspec.Struct, frozen=True):
    """One product's tree, and its description as nfpm would read it."""

    product_id: str
    root: Path
    description: str

    def paths(self) -> set[str]:
        """Return what is installed, files and links, as absolute paths."""
        found = (path for path in self.root.rglob("*") if path.is_symlink() or path.is_file())
        return {f"/{path.relative_to(self.root)}" for path in found}

    def read(self, place: str) -> str:
        """Return the text of an installed file."""
        return (self.root / place.lstrip("/")).read_text("utf-8")

    def field(self, name: str) -> str:
        """Return a field of the description's first level."""
        found = re.search(rf"^{name}: (.*)$", self.description, re.MULTILINE)
        assert found is not None, name
        return found[1].strip('"')

    def script(self, name: str) -> str:
        """Return a maintainer script's text."""
        found = re.search(rf"^  {name}: (\S+)$", self.description, re.MULTILINE)
        assert found is not None, name
        return Path(found[1]).read_text("utf-8")


def stage_package(profile: Path, folder: Path) -> StagedPackage:
    """Stage a profile's package below ``folder``."""
    done = run_build("--profile", profile, "--build", folder, "--stage-only")
    assert done.returncode == 0, done.stderr
    root, description = map(Path, done.stdout.split())
    product = re.search(r'^id = "(.*)"$', profile.read_text("utf-8"), re.MULTILINE)
    assert product is not None
    return StagedPackage(product[1], root, description.read_text("utf-8"))


def run_build(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``packaging/build.py``."""
    return subprocess.run(
        [sys.executable, BUILD, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def write_acme(folder: Path) -> Path:
    """Write the second vendor's profile and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notes.svg").write_text(ICON)
    profile = folder / "keystead.toml"
    profile.write_text(ACME, "utf-8")
    return profile
