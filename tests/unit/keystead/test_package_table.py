"""The ``[package]`` table of a profile: its defaults, and what is refused by its name."""

from __future__ import annotations

import pytest

from keystead.errors import InvalidProfile
from keystead.keys import public_jwk
from keystead.package_table import PackageFacts, package_facts
from keystead.profile import load_profile
from support.documents import BACKEND

X = public_jwk(BACKEND.public)["x"]
PRODUCT = '[product]\nid = "acme_notes"\nname = "Acme Notes"\nsupport_email = "help@acme.example"\n'
REST = f"""
[backend]
url = "https://billing.acme.example"
[trust]
keys = {{ keys = [{{ kty = "OKP", crv = "Ed25519", kid = "k", x = "{X}" }}] }}
"""
FULL = """
[package]
name = "acme-notes-license"
version = "2.4.1"
maintainer = "Acme Ltd <packages@acme.example>"
homepage = "https://acme.example/notes"
description = '''Keeps Acme Notes activated
It is installed with Acme Notes.'''
license = "MIT AND LicenseRef-Acme"
icon = "notes.svg"
bundle_id = "com.acme.notes"
"""


def facts(table: str = "", product: str = PRODUCT) -> PackageFacts:
    profile = load_profile(product + REST + table)
    return package_facts(
        profile.package,
        product_id=profile.product_id,
        product_name=profile.product_name,
        support_email=profile.support_email,
        default_version="0.1.0",
    )


def test_without_a_table_everything_follows_from_the_product() -> None:
    found = facts()
    assert found.name == "acme+notes"
    assert found.version == "0.1.0"
    assert found.maintainer == "Acme Notes <help@acme.example>"
    assert found.vendor == "Acme Notes"
    assert found.summary == "License and billing of Acme Notes"
    assert "Acme Notes" in found.description
    assert (found.license, found.homepage, found.icon) == ("MIT", None, None)
    assert found.bundle_id == "org.keystead.acme-notes"


def test_a_product_without_a_support_address_is_named_alone() -> None:
    assert facts(product='[product]\nid = "acme"\n').maintainer == "acme"


def test_the_table_says_everything_itself() -> None:
    found = facts(FULL)
    assert (found.name, found.version) == ("acme-notes-license", "2.4.1")
    assert (found.maintainer, found.vendor) == ("Acme Ltd <packages@acme.example>", "Acme Ltd")
    assert found.homepage == "https://acme.example/notes"
    assert found.summary == "Keeps Acme Notes activated"
    assert found.description == "It is installed with Acme Notes."
    assert found.license == "MIT AND LicenseRef-Acme"
    assert (found.icon, found.bundle_id) == ("notes.svg", "com.acme.notes")


@pytest.mark.parametrize(
    "line",
    [
        'name = "Acme Notes"',
        'name = "a"',
        'version = "v2"',
        'version = "2.0-1"',
        'version = "2.0\\n"',
        'maintainer = "Acme"',
        'maintainer = "Acme <packages@acme.example>\\nPriority: required"',
        'homepage = "acme.example"',
        'license = "do what you like, please"',
        'icon = "../icon.svg"',
        'icon = "icon.png"',
        'bundle_id = "notes"',
        'description = ""',
        'description = "a\\u0007"',
        f'description = "{"x" * 81}"',
    ],
)
def test_an_invalid_value_is_refused_by_the_name_of_its_key(line: str) -> None:
    key = line.partition(" ")[0]
    with pytest.raises(InvalidProfile, match=f"package.{key} has to"):
        facts(f"[package]\n{line}\n")


@pytest.mark.parametrize(
    ("line", "name"), [('publisher = "1"', "publisher"), ('Name = "x"', "Name")]
)
def test_a_mistyped_key_is_refused_by_its_name(line: str, name: str) -> None:
    with pytest.raises(InvalidProfile, match=name):
        facts(f"[package]\n{line}\n")


@pytest.mark.parametrize("line", ["version = 2", "package = 1"])
def test_a_value_of_another_type_is_refused(line: str) -> None:
    with pytest.raises(InvalidProfile):
        facts(f"[package]\n{line}\n")


@pytest.mark.parametrize(
    "line", ['name = "a\\nb"', 'name = " "', 'support_email = "a b@c"', 'support_email = "help"']
)
def test_a_product_s_texts_are_lines(line: str) -> None:
    with pytest.raises(InvalidProfile, match=f"product.{line.partition(' ')[0]}"):
        facts(product=f'[product]\nid = "acme"\n{line}\n')
