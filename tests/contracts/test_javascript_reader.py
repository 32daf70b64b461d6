"""The reader in JavaScript gives every vector its verdict, and takes profiles as the SDK does."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from keystead.errors import InvalidProfile
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, SigningKey
from keystead.profile import load_profile
from support.device_home import Home
from support.documents import BACKEND, PRODUCT, ROOT
from support.javascript_reader import READER, judged, opened, seen_while_open
from support.profiles import profile_text

VECTORS = sorted((READER.parents[2] / "vectors").glob("*.json"))
Json = dict[str, Any]


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_each_vector_gets_its_verdict(file: Path) -> None:
    vectors: list[Json] = json.loads(file.read_text("utf-8"))
    expected = [vector.pop("expect") for vector in vectors]
    wrong = {
        vector["name"]: (found, wanted)
        for vector, wanted, found in zip(vectors, expected, judged(vectors), strict=True)
        if {name: found[name] for name in wanted} != wanted
    }
    assert wrong == {}


def test_a_verdict_depends_on_its_own_vector_only() -> None:
    """The reader keeps no memory between two vectors, and none of them is altered."""
    vectors: list[Json] = json.loads(VECTORS[0].read_text("utf-8"))[:20]
    assert judged([*vectors, *vectors[::-1]])[20:] == judged(vectors)[::-1]


def with_home(tmp_path: Path) -> dict[str, str]:
    return {"KEYSTEAD_HOME": str(tmp_path / "home")}


UNACTIVATED = {
    "state": "unactivated",
    "usable": False,
    "until": None,
    "reason": "no_license",
    "exports": False,
}


def test_a_profile_is_opened_by_its_absolute_path_or_its_text(tmp_path: Path) -> None:
    file = tmp_path / "keystead.toml"
    file.write_text(profile_text())
    assert opened([str(file), profile_text()], environ=with_home(tmp_path)) == [UNACTIVATED] * 2


def test_a_relative_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keystead.toml").write_text(profile_text())
    inner = profile_text().replace("keys = { keys", "keys = 'keys.json' #")
    found = opened(["keystead.toml", "./keystead.toml", inner], environ=with_home(tmp_path))
    assert [one["code"] for one in found[:2]] == ["relative_profile"] * 2
    assert "absolute" in found[2]["error"]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("[backend]\nbilling-api = 'crow'", "billing-api"),
        ("[trust]\npins = 1", "pins"),
        ("[licence]\nkey = 1", "licence"),
        ("top = 1", "top"),
    ],
)
def test_a_key_or_table_that_is_not_known_is_refused_by_name(
    more: str, named: str, tmp_path: Path
) -> None:
    header, _, line = more.rpartition("\n")
    text = profile_text()
    if header and f"{header}\n" in text:
        text = text.replace(f"{header}\n", f"{header}\n{line}\n")
    else:
        text = f"{line}\n{text}" if not header else f"{text}\n{more}\n"
    (found,) = opened([text], environ=with_home(tmp_path))
    assert named in found["error"]


#: What replaces the line with the product's id, and whether TOML has it.
ID_LINES = [
    ('id = "nyra"', True),
    ("id = 'nyra' # the product", True),
    ('"id" = "nyra"', True),
    ('  id  =\t"nyra"  ', True),
    ('id = "\\u006eyra"', True),
    ('id = """nyra"""', True),
    ('id = """\nnyra"""', True),
    ("id = '''nyra'''", True),
    ('id = """ny\\\n   ra"""', True),
    ('id = "nyra"\r\nname = "Café ✓"', True),
    ('id = "nyra"\nname = "a\\tb\\"c\\\\"', False),
    ("id = nyra", False),
    ("id = 'nyra", False),
    ('id = "nyra\n"', False),
    ('id = "n\\yra"', False),
    ('id = "\\ud800nyra"', False),
    ('id = "nyra" "nyra"', False),
    ('id = "nyra"\nid = "nyra"', False),
    ("id = 7", False),
    ("id = true", False),
    ("id = ['nyra']", False),
    ("id.a = 'nyra'", False),
    ("id", False),
    ("id =", False),
    ("= 'nyra'", False),
    ('id = "NYRA"', False),
    ('id = "../nyra"', False),
    ('id = "a..b"', False),
    ('id = "n"', False),
    ('id = "con.acme"', False),
    ('id = "lpt7"', False),
    ('id = "console"', True),
    ('id = "nyra"\n[package]\nversion = "1.0"', True),
    ('id = "nyra"\n[package]\nversion = 1', False),
    ('id = "nyra"\n[package]\nvendor = "Acme"', False),
    ('id = "nyra"\nhomepage = "https://acme.example"', False),
    ('id = "nyra"\n[storage]\nsecrets = "file"', True),
    ('id = "nyra"\n[sign-in]\nclient_id = "acme"', False),
    ('id = "nyra"\n[product]', False),
    ('id = "nyra"\n[product.id]', False),
    ('id = "nyra"\n[[product]]', False),
    ('id = "nyra"\n[storage', False),
    ('id = "nyra"\nname = {}', False),
]


#: How the key of `profile_text` can stand in it, and whether TOML has that.
KEY_TABLES = [
    ("[[trust.keys.keys]]\nFIELDS", True),
    ("[ [trust.keys.keys]]\nFIELDS", False),
    ("[[ trust . keys.'keys' ]] # one\nFIELDS", True),
    ("[[trust.keys.keys] ]\nFIELDS", False),
    ("[[trust.keys.keys]\nFIELDS", False),
    ("[trust.keys.keys]]\nFIELDS", False),
    ("[[trust.keys.keys]]\nFIELDS\n[[trust.keys.keys]]\nFIELDS", False),
    ("[trust.keys]\nkeys = [{INLINE}]\n[[trust.keys.keys]]\nFIELDS", False),
    ("[[trust.keys.keys]]\nFIELDS\n[trust.keys.keys]\nuse = 'sig'", False),
    ("[[trust.keys.keys]]\nFIELDS\n[trust.keys.keys.more]\nuse = 'sig'", True),
    ("[trust.keys.keys.more]\nuse = 'sig'\n[[trust.keys.keys]]\nFIELDS", False),
    ("[trust]\nkeys.keys = [{INLINE}]", True),
    ("[[trust]]\nkeys.keys = [{INLINE}]", False),
    ("[[trust.keys.keys]]\nFIELDS\n[trust]\nkeys.x = 1", True),
]


def is_taken(text: str) -> bool:
    try:
        load_profile(text)
    except InvalidProfile:
        return False
    return True


def test_profiles_are_read_as_the_sdk_reads_them(tmp_path: Path) -> None:
    texts = {line: profile_text().replace('id = "nyra"', line) for line, _ in ID_LINES}
    texts["dotted"] = f'product.name = "N"\n{profile_text()}'
    found = opened(list(texts.values()), environ=with_home(tmp_path))
    taken = {line: one == UNACTIVATED for line, one in zip(texts, found, strict=True)}
    assert taken == dict(ID_LINES) | {"dotted": False}
    assert taken == {line: is_taken(text) for line, text in texts.items()}


def test_keys_in_a_list_of_tables_are_read_as_the_sdk_reads_them(tmp_path: Path) -> None:
    head = profile_text().partition("[trust]")[0]
    (one,) = msgspec.json.decode(load_profile(profile_text()).keys.to_jwks())["keys"]
    fields = "\n".join(f'{name} = "{value}"' for name, value in one.items())
    inline = ", ".join(f'{name} = "{value}"' for name, value in one.items())
    texts = {
        header: f"{head}{header.replace('FIELDS', fields).replace('INLINE', inline)}\n"
        for header, _ in KEY_TABLES
    }
    found = opened(list(texts.values()), environ=with_home(tmp_path))
    taken = {header: one == UNACTIVATED for header, one in zip(texts, found, strict=True)}
    assert taken == dict(KEY_TABLES)
    assert taken == {header: is_taken(text) for header, text in texts.items()}


def test_keys_beside_the_profile_are_read_strictly(tmp_path: Path) -> None:
    text = profile_text()
    folder = tmp_path / "program"
    folder.mkdir()
    whole = load_profile(text).keys.to_jwks().decode()
    file = folder / "keystead.toml"
    start = text.index("keys = ")
    file.write_text(f"{text[:start]}keys = 'keys.json'\n")
    for content, taken in (
        (whole, True),
        (f"\ufeff{whole}", True),
        ("{}", False),
        ('{"keys": []}', False),
        (whole.replace('"x":', '"x":"A","x":'), False),
        (whole.replace('"kty"', '"d":"A","kty"'), False),
        (f"{whole}x", False),
    ):
        (folder / "keys.json").write_text(content, "utf-8")
        (found,) = opened([str(file)], environ=with_home(tmp_path))
        assert (found == UNACTIVATED) == taken, content
    (folder / "keys.json").unlink()
    (found,) = opened([str(file)], environ=with_home(tmp_path))
    assert "keys.json" in found["error"]


def test_an_open_license_takes_new_files_and_keeps_what_it_accepted(tmp_path: Path) -> None:
    """The files are looked at every ten seconds; one that is missing takes nothing away."""
    home = Home(tmp_path / "home")
    home.put()
    home.state_device()
    kept = home.paths.state.rename(tmp_path / "kept")
    found = seen_while_open(str(home.profile), source=kept, state=home.paths.state, home=home.root)
    assert found["seen"] == ["unactivated", "unactivated", "active", "active"]
    assert json.loads(found["shown"])["features"] == ["export", "sync"]


def test_keys_of_a_manifest_beside_the_license_count(tmp_path: Path) -> None:
    """Both readers find ``keys.jws`` and take a key that the program was shipped without."""
    later = SigningKey(b"n" * 32)
    home = Home(tmp_path / "home")
    home.put(later)
    home.state_device()
    seen: list[tuple[str, str]] = []
    for named in (None, KeySet([later.public_key]), KeySet([BACKEND.public_key])):
        if named is not None:
            text = sign_key_manifest(
                ROOT,
                keys=named,
                version=len(seen) + 1,
                product=PRODUCT,
                issued_s=int(time.time()) - 60,
            )
            home.put_manifest(text)
        (found,) = opened([str(home.profile)], environ={"KEYSTEAD_HOME": str(home.root)})
        license = home.open()
        assert (found["state"], found["reason"]) == (license.state, license.reason)
        seen.append((found["state"], found["reason"]))
    assert seen == [
        ("untrusted", "unknown_key"),
        ("active", "active"),
        ("untrusted", "unknown_key"),
    ]
