"""Write what a wheel or a package is made of: a CycloneDX bill of materials and a license list.

Usage: packaging/sbom.py FOLDER [--extra NAME ...] [--packages SITE-PACKAGES]

The components are the project and all that it needs with these extras, as they are installed. The
files are ``keystead-VERSION.cdx.json`` (CycloneDX 1.6) and ``keystead-VERSION.licenses.txt``. The
same installation gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "keystead"
EXTRAS = ("client", "daemon", "postgresql", "stub")
SPEC_VERSION = "1.6"
#: Identifies bills of this project among other name-based UUIDs (RFC 9562, version 5).
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://keystead.example/sbom")

# What packages write instead of an SPDX expression (spdx.org/licenses).
_SPDX = {
    "apache software license": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}
_EXPRESSION = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
#: One word that is no license, although it looks like an expression.
_NO_LICENSE = {"UNKNOWN", "Dual"}


class Component:
    """An installed distribution: its name, version, license, and what it needs."""

    def __init__(self, found: Distribution, extras: Iterable[str] = ()) -> None:
        self.name = canonicalize_name(found.metadata["Name"])
        self.version = found.version
        self.license = license_of(found)
        self.needs = sorted(_needed(found, tuple(extras)))

    @property
    def purl(self) -> str:
        """The package URL, which also identifies the component within the bill."""
        return f"pkg:pypi/{self.name}@{self.version}"


def components_of(
    installed: Mapping[str, Distribution], extras: Iterable[str]
) -> dict[str, Component]:
    """Return the project and all that it needs, by name. Raises SystemExit if one is missing."""
    wanted: dict[str, set[str]] = {PROJECT: set(extras)}
    found: dict[str, Component] = {}
    queue = [PROJECT]
    while queue:
        name = queue.pop()
        if name not in installed:
            raise SystemExit(f"sbom.py: {name} is not installed")
        found[name] = Component(installed[name], wanted[name])
        for needed, asked in _requirements(installed[name], wanted[name]):
            if needed not in wanted or not asked <= wanted[needed]:
                wanted[needed] = wanted.get(needed, set()) | asked
                queue.append(needed)
    return dict(sorted(found.items()))


def license_of(found: Distribution) -> str:
    """Return the SPDX expression of a license. Raises SystemExit where there is none."""
    names = [name for name in ("License-Expression", "License") if name in found.metadata]
    told = found.metadata[names[0]].strip().partition("\n")[0] if names else ""
    told = _SPDX.get(told.lower(), told)
    if _EXPRESSION.fullmatch(told) and told not in _NO_LICENSE:
        return told
    for line in found.metadata.get_all("Classifier") or ():
        kind, _, name = line.rpartition(" :: ")
        if kind == "License :: OSI Approved" and name.lower() in _SPDX:
            return _SPDX[name.lower()]
    raise SystemExit(f"sbom.py: the license of {found.metadata['Name']} is not known: {told!r}")


def bill(components: Mapping[str, Component]) -> dict[str, Any]:
    """Return the bill of materials as CycloneDX's JSON object."""
    project = components[PROJECT]
    others = [one for one in components.values() if one is not project]
    identity = "\n".join(f"{one.purl} {one.license}" for one in components.values())
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "serialNumber": uuid.uuid5(_NAMESPACE, identity).urn,
        "version": 1,
        "metadata": {"component": _entry(project, "application")},
        "components": [_entry(one, "library") for one in others],
        "dependencies": [
            {
                "ref": one.purl,
                "dependsOn": [components[name].purl for name in one.needs],
            }
            for one in components.values()
        ],
    }


def license_list(components: Mapping[str, Component]) -> str:
    """Return one line a component: name, version and license."""
    return "".join(f"{one.name} {one.version}: {one.license}\n" for one in components.values())


def write(folder: Path, components: Mapping[str, Component]) -> list[Path]:
    """Write both files and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{PROJECT}-{components[PROJECT].version}"
    written = [folder / f"{stem}.cdx.json", folder / f"{stem}.licenses.txt"]
    written[0].write_text(json.dumps(bill(components), indent=2) + "\n", "utf-8")
    written[1].write_text(license_list(components), "utf-8")
    return written


def installed_in(packages: Path | None) -> dict[str, Distribution]:
    """Return the distributions in a folder, or in this environment, by their names."""
    found = distributions() if packages is None else distributions(path=[str(packages)])
    return {canonicalize_name(one.metadata["Name"]): one for one in found}


def _requirements(found: Distribution, extras: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield what a distribution needs here with its extras: names, and extras of those."""
    for line in found.requires or ():
        needed = Requirement(line)
        markers = [{"extra": extra} for extra in ("", *extras)]
        if needed.marker is None or any(needed.marker.evaluate(one) for one in markers):
            yield canonicalize_name(needed.name), set(needed.extras)


def _needed(found: Distribution, extras: Iterable[str]) -> set[str]:
    own = canonicalize_name(found.metadata["Name"])
    # An extra that stands for other extras names the project itself.
    return {name for name, _ in _requirements(found, extras)} - {own}


def _entry(one: Component, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "purl": one.purl,
        "licenses": [{"expression": one.license}],
    }


def main() -> int:
    """Write both files and print their paths."""
    parser = argparse.ArgumentParser(description="Write the bill of materials and the licenses.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--extra", action="append", choices=EXTRAS, help="all, if none")
    parser.add_argument("--packages", type=Path, help="another environment's site-packages")
    options = parser.parse_args()
    found = components_of(installed_in(options.packages), options.extra or EXTRAS)
    sys.stdout.writelines(f"{one}\n" for one in write(options.folder, found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
