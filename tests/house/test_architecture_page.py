"""ARCHITECTURE.md names places that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
SECTION = re.compile(r"^### (\w+/\w+)$(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
FIRST_CELL = re.compile(r"^\| (`[^|]*) \|", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+(?:\.\w+|/))`")
LINK = re.compile(r"\]\(([^):]+)\)")


def places() -> Iterator[Path]:
    """The places in the maps of the packages."""
    for package, text in SECTION.findall(PAGE):
        for cell in FIRST_CELL.findall(text):
            yield from (ROOT / package / name for name in NAMED.findall(cell))


def test_the_maps_of_the_packages_name_places_that_exist() -> None:
    found = list(places())
    assert len(found) > 40
    assert [str(place) for place in found if not place.exists()] == []


def test_the_maps_of_the_packages_name_every_folder() -> None:
    packages = {package for package, _ in SECTION.findall(PAGE)}
    assert len(packages) == 4
    named = {place for place in places() if place.is_dir()}
    folders = {
        folder
        for package in packages
        for folder in (ROOT / package).iterdir()
        if (folder / "__init__.py").exists()
    }
    parents = {parent for place in named for parent in place.parents}
    assert folders - named - parents == set()


def test_links_of_the_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("shared/adr/*.md"), *ROOT.glob("server_stub/*.md")]
    assert len(documents) > 15
    dead = [
        f"{document.name}: {link}"
        for document in documents
        for link in LINK.findall(document.read_text("utf-8"))
        if not (document.parent / link.partition("#")[0]).exists()
    ]
    assert dead == []
