"""Build the packages of this system: three programs, a profile, and what they are announced by.

Usage: packaging/build.py [--profile FILE] [--out FOLDER] [--format deb --format rpm]

The programs come from a wheel, installed with pinned dependencies in an environment of its own and
packed by PyInstaller (keystead.spec). nfpm makes the packages; elsewhere than on Linux the folder
of programs is the result, and goes on with macos/ or windows/.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import string
import subprocess
import sys
import tomllib
from pathlib import Path

from keystead.contract import PROFILE_NAME
from keystead.errors import InvalidProfile
from keystead.profile import load_profile

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / "build" / "package"
ICON_SIZES = (16, 32, 48, 128, 256, 512)
#: The C library's own, which come and go together.
GLIBC = (
    *("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "libresolv.so.2", "librt.so.1"),
    *("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"),
)
#: Looks like GNOME's where GTK is, and is left out where it is not.
OPTIONAL = ("libqgtk3.so",)
_DEBIAN_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}


def main() -> int:
    """Build, and print the paths of what came of it."""
    options = _options()
    try:
        profile = load_profile(options.profile)
    except InvalidProfile as error:
        raise SystemExit(f"build.py: {error.sentence}") from None
    work: Path = WORK
    work.mkdir(parents=True, exist_ok=True)
    icons(work / "icons")
    folder = programs(work)
    add_profile(options.profile, folder)
    licenses(work)
    if sys.platform != "linux":
        sys.stdout.write(f"{folder}\n")
        return 0
    announce(work, profile.product_id)
    if missing := undeclared(folder, (HERE / "nfpm.yaml").read_text("utf-8")):
        raise SystemExit(f"nfpm.yaml does not ask for {', '.join(sorted(missing))}")
    config = work / "nfpm.yaml"
    names = values(work, profile.product_name, own_version())
    config.write_text(filled((HERE / "nfpm.yaml").read_text("utf-8"), names), "utf-8")
    options.out.mkdir(parents=True, exist_ok=True)
    for part in (work / "licenses").glob(f"keystead-{own_version()}.*"):
        shutil.copyfile(part, options.out / part.name)
    for kind in options.format or ["deb", "rpm"]:
        nfpm = [tool(work, "nfpm"), "package", "--config", config, "--packager", kind]
        run(*nfpm, "--target", options.out)
    built = (one for one in sorted(options.out.iterdir()) if one.suffix in {".deb", ".rpm"})
    sys.stdout.writelines(f"{one}\n" for one in built)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the packages of this system.")
    parser.add_argument(
        "--profile", type=Path, default=HERE / "example" / PROFILE_NAME, help="of the product"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where they go")
    parser.add_argument("--format", action="append", choices=("deb", "rpm"), help="both, if none")
    return parser.parse_args()


def filled(template: str, values: dict[str, str]) -> str:
    """A template with its ${names} filled in; a name without a value is an error."""
    return string.Template(template).substitute(values)


def values(work: Path, product_name: str, version: str) -> dict[str, str]:
    """What nfpm.yaml asks for."""
    machine = platform.machine()
    return {
        "version": version,
        "architecture": _DEBIAN_NAMES.get(machine, machine),
        "product_name": product_name,
        "glibc": platform.libc_ver()[1],
        "folder": str(work),
        "here": str(HERE),
        "root": str(ROOT),
    }


def own_version() -> str:
    """The version in pyproject.toml, which is the one of the wheel that is built here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def icons(folder: Path) -> None:
    """The drawing as pictures: one a size for Linux, and the containers of the other systems."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication([])
    drawing = QSvgRenderer(str(HERE / "linux" / "keystead.svg"))
    folder.mkdir(exist_ok=True)
    for size in ICON_SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        drawing.render(painter)
        painter.end()
        places = [folder / f"{size}.png"]
        if size == 256:
            places += [folder / "keystead.ico", folder / "keystead.icns"]
        for place in places:
            if not image.save(str(place)):
                raise SystemExit(f"{place.name} could not be written")
    application.shutdown()


def programs(work: Path) -> Path:
    """The folder with the programs, packed from a wheel with the pinned dependencies."""
    environment = work / "venv"
    if not (environment / "pyvenv.cfg").exists():
        run(sys.executable, "-m", "venv", "--without-pip", environment)
    wheels = work / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", wheels, ROOT)
    (wheel,) = wheels.glob("*.whl")
    pip = (sys.executable, "-m", "uv", "pip", "install", "--python", tool(work, "python"))
    run(*pip, "--require-hashes", "-r", HERE / "requirements.txt", UV_SYSTEM_CERTS="1")
    run(*pip, "--offline", "--no-deps", "--reinstall", wheel)
    # What an earlier build left there could be imported.
    shutil.rmtree(work / "pyinstaller", ignore_errors=True)
    packed = (tool(work, "pyinstaller"), "--noconfirm", "--log-level", "ERROR")
    run(
        *(*packed, "--distpath", work, "--workpath", work / "pyinstaller", HERE / "keystead.spec"),
        KEYSTEAD_ICONS=str(work / "icons"),
    )
    return work / "keystead"


def licenses(work: Path) -> None:
    """The license texts of all that is taken along, a folder each."""
    shutil.rmtree(work / "licenses", ignore_errors=True)
    (packages,) = (work / "venv").glob("**/site-packages")
    for info in packages.glob("*.dist-info"):
        for text in info.rglob("*"):
            if text.is_file() and text.name.upper().startswith(("LICEN", "COPYING", "NOTICE")):
                place = work / "licenses" / info.name.partition("-")[0] / text.name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(text, place)
    bill(work / "licenses", packages)


def bill(folder: Path, packages: Path) -> None:
    """The bill of materials and the list of licenses of what is packed (sbom.py)."""
    run(sys.executable, HERE / "sbom.py", folder, "--extra", "client", "--packages", packages)


def tool(work: Path, name: str) -> Path:
    """A program of the environment that is packed."""
    return work / "venv" / ("Scripts" if os.name == "nt" else "bin") / name


def add_profile(profile: Path, folder: Path) -> None:
    """Put a product's profile beside the programs, where they look for one (contract §8)."""
    shutil.copyfile(profile, folder / PROFILE_NAME)
    keys = tomllib.loads(profile.read_text("utf-8"))["trust"]["keys"]
    if isinstance(keys, str):
        if Path(keys).name != keys:
            raise SystemExit("the profile's keys have to stand beside it, or in it")
        shutil.copyfile(profile.with_name(keys), folder / keys)


def announce(work: Path, product: str) -> None:
    """The units of systemd, with the product's place in them."""
    for name in ("keysteadd.service", "keysteadd.socket"):
        unit = (HERE / "linux" / name).read_text("utf-8")
        (work / name).write_text(unit.replace("@PRODUCT@", product), "utf-8")


def undeclared(folder: Path, description: str) -> set[str]:
    """The libraries that the programs need, and that neither are there nor are asked for."""
    files = [one for one in folder.rglob("*") if one.is_file() and is_elf(one)]
    told = subprocess.run(
        ["objdump", "-p", *(one for one in files if one.name not in OPTIONAL)],
        capture_output=True,
        text=True,
        check=True,
    )
    needed = {line.split()[1] for line in told.stdout.splitlines() if "NEEDED" in line}
    needed -= {one.name for one in files}
    return {one for one in needed if one not in GLIBC and f"- {one}()" not in description}


def is_elf(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def run(*command: str | Path, **environ: str) -> None:
    """Run a tool; where it fails, its words are shown and this ends."""
    ran = subprocess.run(
        command,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if ran.returncode != 0:
        sys.stderr.buffer.write(ran.stdout)
        raise SystemExit(f"{Path(command[0]).name} failed ({ran.returncode})")


if __name__ == "__main__":
    sys.exit(main())
