"""What Debian wants to read in every package: changelog, copyright, and why a rule is not kept."""

from __future__ import annotations

from product_package import ProductPackage

#: The format of Debian Policy §12.5.1, by its address.
_COPYRIGHT_FORMAT = "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"


def changelog(product: ProductPackage, keystead_version: str) -> str:
    """Return the package's changelog (Debian Policy §4.4): this version's entry."""
    facts = product.facts
    return (
        f"{facts.name} ({facts.version}-1) unstable; urgency=medium\n\n"
        f"  * {product.profile.product_name}: built with Keystead {keystead_version}.\n\n"
        f" -- {facts.maintainer}  {product.changelog_date}\n"
    )


def copyright_file(product: ProductPackage, license_text: str) -> str:
    """Return the package's copyright file; ``license_text`` is Keystead's own."""
    year_and_owner = next(
        line.strip().removeprefix("Copyright (c) ")
        for line in license_text.splitlines()
        if line.strip().startswith("Copyright (c) ")
    )
    body = "\n".join(f" {line}" if line.strip() else " ." for line in license_text.splitlines())
    return (
        f"Format: {_COPYRIGHT_FORMAT}\n"
        f"Upstream-Name: {product.profile.product_name}\n"
        f"Comment: The programs are Keystead's. The libraries that they take along have\n"
        f" licenses of their own: see keystead-*.licenses.txt in this folder.\n\n"
        f"Files: *\nCopyright: {year_and_owner}\nLicense: MIT\n\nLicense: MIT\n{body}\n"
    )


def lintian_overrides(product: ProductPackage) -> str:
    """Return why this package keeps some of Debian's own rules not: it is made by a vendor."""
    name = product.facts.name
    return (
        "# The package is a vendor's and no part of Debian: the FHS (§3.13) puts it in /opt.\n"
        f"{name}: dir-or-file-in-opt *\n"
        "# The libraries are taken along, so that one package runs on every release: PyInstaller\n"
        "# finds them in the program's own folder.\n"
        f"{name}: embedded-library *\n"
        f"{name}: custom-library-search-path *\n"
        f"{name}: shared-library-lacks-prerequisites *\n"
        f"{name}: library-not-linked-against-libc *\n"
        "# PyInstaller's own loader.\n"
        f"{name}: hardening-no-pie *\n"
        "# The daemon is each user's: debhelper's tools are for the system's.\n"
        f"{name}: maintainer-script-calls-systemctl *\n"
        f"{name}: initial-upload-closes-no-bugs *\n"
    )
