"""Build the packages of a product: three programs, a profile, and what they are announced by.

Usage: packaging/build.py [--profile FILE] [--stage-only] [--out FOLDER] [--format deb|rpm ...]

The files are put in a tree, named after the product (staging.py). The programs come from a wheel,
installed with pinned dependencies in an environment of its own and packed by PyInstaller
(keystead.spec). nfpm makes the packages; elsewhere than on Linux the folder of programs is the
result, and goes on with macos/ or windows/.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from product_package import ROOT, ProductPackage, load_product, own_version
from staging import HERE, Stage, add_profile, describe, link_tree, stage

from keystead.contract import PROFILE_NAME
from keystead.errors import InvalidProfile
from keystead.product_names import COMMAND, program_name

#: The C library's own, which come and go together.
GLIBC = (
    *("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "libresolv.so.2", "librt.so.1"),
    *("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"),
)
#: Looks like GNOME's where GTK is, and is left out where it is not.
OPTIONAL = ("libqgtk3.so",)


def main() -> int:
    """Build, and print the paths of what came of it."""
    options = _options()
    try:
        product = load_product(options.profile.resolve())
    except InvalidProfile as error:
        raise SystemExit(f"build.py: {error.sentence}") from None
    to = Stage(options.build.resolve())
    if options.stage_only:
        stage(product, to, None)
        describe(product, to)
        sys.stdout.write(f"{to.root}\n{to.description}\n")
        return 0
    to.work.mkdir(parents=True, exist_ok=True)
    packages = environment(to.work)
    stage(product, to, packages)
    folder = programs(product, to.work)
    if sys.platform != "linux":
        add_profile(product, folder)
        sys.stdout.write(f"{folder}\n")
        return 0
    strip(folder)
    if missing := undeclared(folder, (HERE / "linux/nfpm.yaml").read_text("utf-8")):
        raise SystemExit(f"nfpm.yaml does not ask for {', '.join(sorted(missing))}")
    shutil.rmtree(to.programs_of(product))
    link_tree(folder, to.programs_of(product))
    add_profile(product, to.programs_of(product))
    describe(product, to)
    options.out.mkdir(parents=True, exist_ok=True)
    for part in (to.root / "usr/share/doc").glob(f"*/keystead-{own_version()}.*"):
        shutil.copyfile(part, options.out / part.name)
    for kind in options.format or ["deb", "rpm"]:
        nfpm = [tool(to.work, "nfpm"), "package", "--config", to.description, "--packager", kind]
        run(*nfpm, "--target", options.out)
    built = (one for one in sorted(options.out.iterdir()) if one.suffix in {".deb", ".rpm"})
    sys.stdout.writelines(f"{one}\n" for one in built)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the packages of a product.")
    parser.add_argument(
        "--profile", type=Path, default=HERE / "example" / PROFILE_NAME, help="of the product"
    )
    parser.add_argument(
        "--stage-only",
        action="store_true",
        help="only the tree and its description, with empty files as programs",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where packages go")
    parser.add_argument(
        "--build", type=Path, default=ROOT / "build", help="the folder of package-root"
    )
    parser.add_argument("--format", action="append", choices=("deb", "rpm"), help="both, if none")
    return parser.parse_args()


def environment(work: Path) -> Path:
    """Install the wheel of these sources with its pinned dependencies; return where they are."""
    python = work / "venv"
    if not (python / "pyvenv.cfg").exists():
        run(sys.executable, "-m", "venv", "--without-pip", python)
    wheels = work / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", wheels, ROOT)
    (wheel,) = wheels.glob("*.whl")
    pip = (sys.executable, "-m", "uv", "pip", "install", "--python", tool(work, "python"))
    run(*pip, "--require-hashes", "-r", HERE / "requirements.txt", UV_SYSTEM_CERTS="1")
    run(*pip, "--offline", "--no-deps", "--reinstall", wheel)
    (packages,) = python.glob("**/site-packages")
    return packages


def programs(product: ProductPackage, work: Path) -> Path:
    """Return the folder with the programs, packed by PyInstaller."""
    # What an earlier build left there could be imported.
    shutil.rmtree(work / "pyinstaller", ignore_errors=True)
    packed = (tool(work, "pyinstaller"), "--noconfirm", "--log-level", "ERROR")
    run(
        *(*packed, "--distpath", work, "--workpath", work / "pyinstaller", HERE / "keystead.spec"),
        KEYSTEAD_STAGE=str(work),
        KEYSTEAD_APPLICATION=program_name(product.product_id, COMMAND),
        KEYSTEAD_BUNDLE_ID=product.facts.bundle_id,
    )
    return work / "keystead"


def strip(folder: Path) -> None:
    """Remove the symbols of libraries. A program is left alone: its archive is at its end."""
    for library in filter(is_elf, (one for one in folder.rglob("*.so*") if not one.is_symlink())):
        run("strip", "--strip-unneeded", "--remove-section=.comment", library)
        # Wheels make them programs, which nothing runs.
        library.chmod(0o644)


def tool(work: Path, name: str) -> Path:
    """A program of the environment that is packed."""
    return work / "venv" / ("Scripts" if os.name == "nt" else "bin") / name


def undeclared(folder: Path, description: str) -> set[str]:
    """The libraries that the programs need, and that neither are there nor are asked for."""
    files = [one for one in folder.rglob("*") if is_elf(one)]
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
    """Return whether a path is a file of native code."""
    if not file.is_file():
        return False
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
