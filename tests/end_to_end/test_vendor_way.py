"""A vendor's whole way, outside the repository: from the wheel to licenses under a new key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

import pytest

from keystead import jose
from support.javascript_reader import opened
from support.package_builds import VendorEnvironment
from support.reverse_proxy import reverse_proxy
from support.served_stub import ServedStub
from support.staged_packages import stage_package
from support.tls_server import Authority
from support.vendor_program import EXAMPLES, SCREENS, stop_daemon
from support.wheels import build_wheel, create_environment, install
from support.world import NETWORK_S, Device

PRODUCT = "acme-report"
PROFILE = """
[product]
id = "acme-report"
name = "Acme Report"
support_email = "help@acme.example"

[backend]
url = "https://billing.acme.example"

[trust]
keys = "public.json"
root = "root.json"
"""


class Vendor:
    """A folder of the vendor's, an environment with the wheel, and a customer's device."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs = folder, programs
        shutil.copytree(EXAMPLES / "report", folder)
        (folder / "vendor.toml").write_text(PROFILE)
        self.pages = folder / "pages"
        browser = folder / "browser"
        browser.write_text(f'#!/bin/sh\necho "$1" >> {self.pages}\n')
        browser.chmod(0o755)
        self.profile = folder / "keystead.toml"
        self.authority = Authority(folder)
        # The customer's system trusts who vouches for the backend's address.
        self.roots = {"SSL_CERT_FILE": str(self.authority.roots)}
        self.device = Device(
            folder / "home",
            {"KEYSTEAD_PROFILE": str(self.profile), "BROWSER": str(browser), **self.roots},
            product=PRODUCT,
        )

    def run(self, program: str, *arguments: str | Path, code: int = 0) -> str:
        """Run a program of the environment in the vendor's folder; return what it printed."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in SCREENS}
            | self.device.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=NETWORK_S,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    def new_key(self, kind: str, name: str, public: str) -> str:
        """Make a signing or root key; return the secret."""
        (self.folder / public).write_text(self.run("keystead-stub", "keys", kind, "--out", name))
        return (self.folder / name).read_text().strip()

    def publish(self, version: int, *keys: str) -> None:
        """Sign a manifest of keys, and put it where the backend serves it from."""
        self.run(
            *("keystead-stub", "keys", "manifest", "--root", "root.key", "--keys", *keys),
            *("--version", str(version), "--product", PRODUCT, "--out", f"{version}.jws"),
        )
        shutil.copy(self.folder / f"{version}.jws", self.folder / "manifest.jws")

    @contextmanager
    def backend(self, secret: str) -> Iterator[ServedStub]:
        """Serve the vendor's product behind TLS, and ship the run's profile with the program."""
        with reverse_proxy(self.authority.server_context()) as proxy:
            stub = ServedStub(
                self.folder / "stub",
                environ={
                    "NYRA_LICENSE_SIGNING_SECRET": secret,
                    "NYRA_KEY_MANIFEST": str(self.folder / "manifest.jws"),
                },
                arguments=(
                    *("--profile", str(self.folder / "vendor.toml")),
                    *("--catalogue", str(self.folder / "catalogue.toml")),
                    *("--public-url", proxy.url, "--trusted-proxies", "127.0.0.0/8"),
                ),
                program=self.programs / "keystead-stub",
            )
            proxy.backend = stub.listening_url
            try:
                shutil.copy(stub.keys, self.folder)
                shutil.copy(stub.profile, self.profile)
                yield stub
            finally:
                stop_daemon(self.device)
                stub.stop()

    def exports(self) -> bool:
        """Use the paid feature of the program, and let a program in JavaScript look as well."""
        (self.folder / "sales.html").unlink(missing_ok=True)
        self.run("python", "report.py", "sales.csv", "--html", "sales.html")
        assert "<th>sold<td>5" in (self.folder / "sales.html").read_text()
        (seen,) = opened([str(self.profile)], environ=self.device.environ)
        assert "error" not in seen, seen
        return bool(seen["usable"] and seen["exports"])

    def frozen_exports(self, builder: VendorEnvironment) -> bool:
        """Freeze the program with no option, and use its paid feature without any Python."""
        program = builder.freeze(self.folder / "report.py")
        kept = {name: self.device.environ[name] for name in ("KEYSTEAD_HOME", "KEYSTEAD_SECRETS")}
        page = self.folder / "frozen.html"
        done = subprocess.run(
            [program, self.folder / "sales.csv", "--html", page],
            env=kept,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=NETWORK_S,
        )
        assert done.returncode == 0, done.stderr
        return "<th>sold<td>5" in page.read_text()

    def signer(self) -> str:
        """Return the id of the key that signed the license."""
        return str(jose.peek_header(self.device.paths.license.read_text()).kid)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def vendor(wheel: Path, short_folder: Path, tmp_path: Path) -> Vendor:
    names = [one.name for one in distributions() if one.name not in {"keystead", "pip"}]
    return Vendor(short_folder / "acme", create_environment(tmp_path / "environment", wheel, names))


@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_vendor_sells_ships_and_changes_keys_without_an_update_of_the_program(
    vendor: Vendor, tmp_path: Path
) -> None:
    old = vendor.new_key("new", "old.key", "public.json")
    vendor.new_key("root", "root.key", "root.json")
    vendor.publish(1, "old.key")
    (vendor.folder / "sales.csv").write_text("city,sold\nLyon,2\nGhent,3\n")
    with vendor.backend(old) as stub:
        said = vendor.run("python", "report.py", "sales.csv", "--html", "sales.html", code=1)
        assert "isn't activated on this device. Buy a plan" in said
        vendor.run("python", "report.py", "--buy")
        assert vendor.pages.read_text().startswith(stub.url)
        checkout = vendor.device.view().checkout
        assert checkout is not None
        stub.pay(checkout.session_id)
        vendor.device.until(lambda view: view.usable)
        assert vendor.exports()
        first = vendor.signer()

        found = json.loads(
            vendor.run(
                *("keystead-stub", "conformance", stub.url, "--profile", vendor.profile),
                *("--keep-clock", "--json", "--stub", stub.listening_url),
            )
        )
        assert found["ok"], found

        builder = tmp_path / "builder"
        builder.mkdir()
        assert vendor.frozen_exports(VendorEnvironment(builder))
        # Pytest keeps the temporary folders of three runs.
        shutil.rmtree(builder)
        package = stage_package(vendor.profile, tmp_path / "package")
        assert package.field("name") == PRODUCT
        assert "/opt/acme-report-keystead/keystead.toml" in package.paths()

        new = vendor.new_key("new", "new.key", "new.json")
        vendor.publish(2, "old.key", "new.key")
        stub.stop()
        stub.start(NYRA_LICENSE_SIGNING_SECRET=f"{new},{old}")
        vendor.device.refresh()
        assert vendor.signer() != first
        assert vendor.exports()

        # What only the old key signed counts no longer; the shipped profile still names that key.
        vendor.publish(3, "new.key")
        vendor.device.refresh()
        assert vendor.exports()
        stop_daemon(vendor.device)
        assert vendor.exports()


def _pythons() -> dict[str, Path]:
    """The versions of Python that we support and that this machine has, by their number."""
    candidates: list[str | Path | None] = [
        *(shutil.which(f"python3.{minor}") for minor in range(11, 15)),
        *Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(
            "versions/3.1[1-4].*/bin/python3"
        ),
        sys.executable,
    ]
    found: dict[str, Path] = {}
    for candidate in candidates:
        if candidate is None:
            continue
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        asked = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        # A name of pyenv's answers for versions that are not chosen, too, with an error.
        if asked.returncode == 0:
            found[asked.stdout.strip()] = Path(candidate)
    return found


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_vendors_tests_run_on_every_version_of_python_here(
    wheel: Path, short_folder: Path
) -> None:
    folder = short_folder / "acme"
    shutil.copytree(EXAMPLES / "report", folder)
    (folder / "pytest.ini").write_text(
        "[pytest]\nkeystead_profile = keystead.toml\nkeystead_catalogue = catalogue.toml\n"
    )
    (folder / "test_report.py").write_text(
        "import keystead\n\n\n"
        "def test_a_customer_renews(billing_stub, keystead_device):\n"
        "    keystead_device.activate('analyst', period='yearly')\n"
        "    billing_stub.clock.advance(days=366)\n"
        "    assert keystead_device.is_active()\n"
        "    assert keystead.open(billing_stub.profile).allows('export')\n"
    )
    pythons = _pythons()
    assert f"{sys.version_info[0]}.{sys.version_info[1]}" in pythons
    for version, python in pythons.items():
        environment = short_folder / version
        subprocess.run([python, "-m", "venv", environment], check=True)
        install(environment / "bin/python", f"{wheel}[client,stub]", "pytest")
        ran = subprocess.run(
            [environment / "bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name not in SCREENS},
            capture_output=True,
            text=True,
            check=False,
            timeout=NETWORK_S,
        )
        assert ran.returncode == 0, (version, ran.stdout, ran.stderr)
        assert "1 passed" in ran.stdout
