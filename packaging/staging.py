"""The tree of files that a product's package installs, and the description that nfpm packs it by.

Only the programs are missing: they are packed by PyInstaller and take minutes. In their place are
empty files.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import version
from pathlib import Path

import msgspec
from debian_documents import changelog, copyright_file, lintian_overrides
from filling import filled, yaml_text
from icons import ICON_SIZES, write_icons
from man_pages import man_page
from packaging.utils import canonicalize_name
from product_package import ROOT, ProductPackage

from keystead.bootstrap import decode_text
from keystead.contract import PROFILE_NAME
from keystead.product_names import PROGRAMS, desktop_id, install_folder, program_name

HERE = Path(__file__).resolve().parent
_TEMPLATES = {
    "linux/keystead.desktop": "usr/share/applications/@DESKTOP_ID@.desktop",
    "linux/keystead.metainfo.xml": "usr/share/metainfo/@APPLICATION_ID@.metainfo.xml",
    "linux/keysteadd.service": "usr/lib/systemd/user/@DAEMON@.service",
    "linux/keysteadd.socket": "usr/lib/systemd/user/@DAEMON@.socket",
}
_SCRIPTS = ("postinstall.sh", "preremove.sh", "postremove.sh")
#: What the builds of other systems go on with.
_ELSEWHERE = (
    *("macos/Info.plist", "macos/keysteadd.plist"),
    *("windows/keystead-links.reg", "windows/keystead.iss"),
)


class Stage(msgspec.Struct, frozen=True):
    """The folders below ``build``: the tree, and what is made on the way to it."""

    build: Path

    @property
    def root(self) -> Path:
        return self.build / "package-root"

    @property
    def description(self) -> Path:
        return self.build / "package-root.yaml"

    @property
    def work(self) -> Path:
        return self.build / "package"

    @property
    def scripts(self) -> Path:
        return self.work / "scripts"

    def programs_of(self, product: ProductPackage) -> Path:
        """Return the folder of the programs in the tree."""
        return self.root / install_folder(product.product_id).lstrip("/")


def stage(product: ProductPackage, to: Stage, packages: Path | None) -> None:
    """Make the tree anew. ``packages`` is the site-packages of what is packed; None is our own."""
    shutil.rmtree(to.root, ignore_errors=True)
    to.root.mkdir(parents=True)
    to.work.mkdir(exist_ok=True)
    values = product.values(to.scripts)
    for template, place in _TEMPLATES.items():
        _write(to.root / filled(place, values), _filled_file(template, values))
    for name in _SCRIPTS:
        _write(to.scripts / name, _filled_file(f"linux/{name}", values))
    for name in _ELSEWHERE:
        _write(to.work / name, _filled_file(name, values))
    _launchers(product, to)
    _icons(product, to)
    _documents(product, to, packages)
    add_profile(product, to.programs_of(product))


def describe(product: ProductPackage, to: Stage) -> None:
    """Write the description of the tree, a line for each file; the programs are one folder."""
    text = _filled_file("linux/nfpm.yaml", product.values(to.scripts))
    programs = to.programs_of(product)
    lines = []
    for path in sorted(to.root.rglob("*")):
        source, kind = path, None
        if path == programs:
            kind = "tree"
        elif path.is_relative_to(programs):
            continue
        elif path.is_symlink():
            source, kind = path.readlink(), "symlink"
        elif path.is_dir():
            continue
        fields = {"src": source, "dst": f"/{path.relative_to(to.root)}", "type": kind}
        told = (f"{key}: {yaml_text(str(value))}" for key, value in fields.items() if value)
        lines.append(f"  - {{{', '.join(told)}}}")
    to.description.write_text(text + "\n".join(lines) + "\n", "utf-8")


def add_profile(product: ProductPackage, folder: Path) -> None:
    """Put the profile beside the programs, where they look for one, with the files it names."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(product.source, folder / PROFILE_NAME)
    trust = tomllib.loads(decode_text(product.source.read_bytes()))["trust"]
    for key, named in trust.items():
        if isinstance(named, str):
            if Path(named).name != named:
                raise SystemExit(f"build.py: trust.{key} has to name a file beside the profile")
            shutil.copyfile(product.source.with_name(named), folder / named)


def _launchers(product: ProductPackage, to: Stage) -> None:
    folder = to.programs_of(product)
    folder.mkdir(parents=True)
    launchers = to.root / "usr/bin"
    launchers.mkdir(parents=True)
    for program in PROGRAMS:
        (folder / program).touch(0o755)
        target = f"{install_folder(product.product_id)}/{program}"
        (launchers / program_name(product.product_id, program)).symlink_to(target)


def _icons(product: ProductPackage, to: Stage) -> None:
    drawing = HERE / "linux" / "keystead.svg"
    if product.facts.icon is not None:
        drawing = product.source.with_name(product.facts.icon)
    icons, theme = to.work / "icons", to.root / "usr/share/icons/hicolor"
    write_icons(drawing, icons)
    name = desktop_id(product.product_id)
    _copy(drawing, theme / "scalable/apps" / f"{name}.svg")
    for size in ICON_SIZES:
        _copy(icons / f"{size}.png", theme / f"{size}x{size}/apps" / f"{name}.png")


def _documents(product: ProductPackage, to: Stage, packages: Path | None) -> None:
    facts = product.facts
    folder = to.root / "usr/share/doc" / facts.name
    for program in PROGRAMS:
        page = man_page(
            program,
            product_id=product.product_id,
            product_name=product.profile.product_name,
            date=f"{product.built_at:%Y-%m-%d}",
            version=facts.version,
        )
        name = program_name(product.product_id, program)
        _write_gzip(to.root / "usr/share/man/man1" / f"{name}.1.gz", page)
    _write_gzip(folder / "changelog.Debian.gz", changelog(product, version("keystead")))
    _write(folder / "copyright", copyright_file(product, (ROOT / "LICENSE").read_text("utf-8")))
    overrides = to.root / "usr/share/lintian/overrides" / facts.name
    _write(overrides, lintian_overrides(product))
    # The bill of materials (CycloneDX), and the licenses of all that is taken along.
    bill: list[str | Path] = [sys.executable, HERE / "sbom.py", folder, "--extra", "client"]
    if packages is not None:
        bill += ["--packages", packages]
    done = subprocess.run(bill, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    (listed,) = folder.glob("*.licenses.txt")
    names = {line.partition(" ")[0] for line in listed.read_text("utf-8").splitlines()}
    _license_texts(packages or Path(sysconfig.get_path("purelib")), names, folder / "licenses")


def _license_texts(packages: Path, names: set[str], folder: Path) -> None:
    """Copy the license texts of all that is taken along, a folder each."""
    for info in packages.glob("*.dist-info"):
        name = canonicalize_name(info.name.partition("-")[0])
        if name not in names:
            continue
        for text in info.rglob("*"):
            if text.is_file() and text.name.upper().startswith(("LICEN", "COPYING", "NOTICE")):
                _copy(text, folder / name / text.name)


def _filled_file(name: str, values: dict[str, str]) -> str:
    return filled((HERE / name).read_text("utf-8"), values)


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, "utf-8")


def _write_gzip(place: Path, text: str) -> None:
    # Debian Policy §12.3: the highest level, and neither name nor time of the original in it.
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)


def link_tree(source: Path, place: Path) -> None:
    """Put a folder of programs in the tree without a second copy of its files."""
    shutil.copytree(source, place, symlinks=True, copy_function=os.link, dirs_exist_ok=True)
