"""The ``[package]`` table of a profile: what a package says of itself (specification §11.1).

Everything has a default that follows from ``[product]``. The names of files never come from here:
they follow from the product's id alone (`keystead.product_names`).
"""

from __future__ import annotations

import re

import msgspec

from keystead.product_names import application_id, package_name

#: Debian Policy §5.6.7 and §5.6.12, without the revision and epoch, which the build adds.
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+", re.ASCII)
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+~]*", re.ASCII)
_MAINTAINER = re.compile(r"[^<>@]*[^<>@\s] <[^<>@\s]+@[^<>@\s]+>")
_HOMEPAGE = re.compile(r"https?://[!-~]+", re.ASCII)
#: SPDX license expressions, and a word for what has no SPDX name (`LicenseRef-Acme`).
_LICENSE = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*", re.ASCII)
_BUNDLE_ID = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_ICON = re.compile(r"[^/\\]+\.svg")
#: Characters of a summary line, which package managers show in lists.
_SUMMARY = 80


class PackageTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table as it is written; None where a key is left out.

    ``icon`` is an SVG file beside the profile. ``description`` begins with a line that stands
    alone, as a summary.
    """

    name: str | None = None
    version: str | None = None
    maintainer: str | None = None
    homepage: str | None = None
    description: str | None = None
    license: str | None = None
    icon: str | None = None
    bundle_id: str | None = None


class PackageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a package says of itself, with the defaults applied."""

    name: str
    version: str
    maintainer: str
    vendor: str
    homepage: str | None
    summary: str
    description: str
    license: str
    icon: str | None
    bundle_id: str


def package_problem(table: PackageTable) -> str | None:
    """Return what is wrong with a table, as the end of a sentence; None if it is valid."""
    for key, pattern, rule in (
        ("name", _NAME, "lower-case letters, digits, '.', '+' or '-', and two or more of them"),
        ("version", _VERSION, "a digit, then letters, digits, '.', '+' or '~'"),
        ("maintainer", _MAINTAINER, 'like "Acme Ltd <packages@acme.example>"'),
        ("homepage", _HOMEPAGE, "an address that begins with https://"),
        ("license", _LICENSE, 'an SPDX expression like "MIT" or "LicenseRef-Acme"'),
        ("icon", _ICON, "the name of an SVG file beside the profile"),
        ("bundle_id", _BUNDLE_ID, 'like "com.acme.notes"'),
    ):
        value = getattr(table, key)
        if value is not None and not (pattern.fullmatch(value) and value.isprintable()):
            return f"package.{key} has to be {rule}"
    lines = None if table.description is None else table.description.splitlines() or [""]
    if lines and not (
        all(line.isprintable() for line in lines) and 0 < len(lines[0].strip()) <= _SUMMARY
    ):
        return f"package.description has to begin with a line of at most {_SUMMARY} characters"
    return None


def package_facts(
    table: PackageTable,
    *,
    product_id: str,
    product_name: str,
    support_email: str | None,
    default_version: str,
) -> PackageFacts:
    """Return what the package says; the table has no problem."""
    # The product may have a name as long as a person likes, a summary only one line.
    default = f"License and billing of {product_name}"[:_SUMMARY]
    summary, _, rest = (table.description or default).partition("\n")
    contact = f" <{support_email}>" if support_email else ""
    maintainer = table.maintainer or f"{product_name}{contact}"
    return PackageFacts(
        name=table.name or package_name(product_id),
        version=table.version or default_version,
        maintainer=maintainer,
        vendor=maintainer.partition(" <")[0],
        homepage=table.homepage,
        summary=summary.strip(),
        description=rest.strip()
        or f"The window, the command and the daemon that keep {product_name} paid and activated, "
        "offline too. You pay in the browser; no license key has to be typed.",
        license=table.license or "MIT",
        icon=table.icon,
        bundle_id=table.bundle_id or application_id(product_id).replace("_", "-"),
    )
