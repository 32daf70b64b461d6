"""A product as its package sees it: its profile, what the package says, and every name in it."""

from __future__ import annotations

import os
import platform
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import filling
import msgspec

from keystead.package_table import PackageFacts, package_facts
from keystead.product_names import (
    COMMAND,
    DAEMON,
    WINDOW,
    application_id,
    desktop_id,
    install_folder,
    link_scheme,
    program_name,
)
from keystead.profile import Profile, load_profile

ROOT = Path(__file__).resolve().parent.parent
_DEBIAN_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
#: Makes the id by which Windows knows an installed product out of its id (RFC 9562, version 5).
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:keystead:product")


class ProductPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A checked profile with the folder that its files are in."""

    source: Path
    profile: Profile
    facts: PackageFacts
    built_at: datetime

    @property
    def product_id(self) -> str:
        return self.profile.product_id

    @property
    def changelog_date(self) -> str:
        return format_datetime(self.built_at)

    def values(self, scripts: Path) -> dict[str, str]:
        """Return what the templates ask for; ``scripts`` is the maintainer scripts' folder."""
        facts, name = self.facts, self.profile.product_name
        machine = platform.machine()
        homepage = facts.homepage
        description = f"{facts.summary}\n{filling.wrapped(facts.description)}"
        return {
            "APPLICATION_ID": application_id(self.product_id),
            "ARCHITECTURE": _DEBIAN_NAMES.get(machine, machine),
            "BUNDLE_ID": facts.bundle_id,
            "COMMAND": program_name(self.product_id, COMMAND),
            "DAEMON": program_name(self.product_id, DAEMON),
            "DATE": f"{self.built_at:%Y-%m-%d}",
            "DESCRIPTION_YAML": filling.yaml_text(description),
            "DESKTOP_ID": desktop_id(self.product_id),
            "FOLDER": install_folder(self.product_id),
            "GLIBC": platform.libc_ver()[1],
            "HOMEPAGE_XML": f'  <url type="homepage">{filling.xml_text(homepage)}</url>\n'
            if homepage
            else "",
            "HOMEPAGE_YAML": filling.yaml_text(homepage or ""),
            "LICENSE_XML": filling.xml_text(facts.license),
            "LICENSE_YAML": filling.yaml_text(facts.license),
            "MAINTAINER_YAML": filling.yaml_text(facts.maintainer),
            "PACKAGE_YAML": filling.yaml_text(facts.name),
            "PRODUCT": self.product_id,
            "PRODUCT_NAME": filling.desktop_text(name),
            "PRODUCT_NAME_FILE": filling.file_text(name),
            "PRODUCT_NAME_INNO": filling.inno_text(name),
            "PRODUCT_NAME_UNIT": filling.unit_text(name),
            "PRODUCT_NAME_XML": filling.xml_text(name),
            "SCHEME": link_scheme(self.product_id),
            "SCRIPTS": str(scripts),
            "SUMMARY_YAML": filling.yaml_text(facts.summary),
            "VENDOR_INNO": filling.inno_text(facts.vendor),
            "VENDOR_XML": filling.xml_text(facts.vendor),
            "VENDOR_YAML": filling.yaml_text(facts.vendor),
            "VERSION": facts.version,
            "VERSION_YAML": filling.yaml_text(facts.version),
            "WINDOW": program_name(self.product_id, WINDOW),
            "WINDOWS_APP_ID": str(uuid.uuid5(_NAMESPACE, self.product_id)).upper(),
        }


def load_product(source: Path) -> ProductPackage:
    """Return the package of a profile. Raises InvalidProfile, SystemExit."""
    profile = load_profile(source)
    facts = package_facts(
        profile.package,
        product_id=profile.product_id,
        product_name=profile.product_name,
        support_email=profile.support_email,
        default_version=own_version(),
    )
    if facts.icon is not None and not source.with_name(facts.icon).is_file():
        raise SystemExit(f"build.py: package.icon: there is no {source.with_name(facts.icon)}")
    if "@" not in facts.maintainer:
        sys.stderr.write(
            "build.py: nobody's address is in the package: name a [package] maintainer, "
            "or a support_email in [product].\n"
        )
    return ProductPackage(source=source, profile=profile, facts=facts, built_at=_build_time())


def own_version() -> str:
    """Return the version in pyproject.toml, which is the one of the wheel that is built here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def _build_time() -> datetime:
    # reproducible-builds.org/specs/source-date-epoch: the same sources give the same package.
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
