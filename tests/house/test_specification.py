"""The specification: its examples are real, its numbers stand, and it says what the code says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from keystead import jose, trust
from keystead.activation import REASONS, State
from keystead.contract import STATUS_FIELDS
from keystead.device_statement import DeviceStatement, read_statement
from keystead.documents import DeviceAccessToken, License
from keystead.encoding import b64u_decode, b64u_encode
from keystead.entitlement import Entitlement, OfflineGrace
from keystead.key_manifest import verify_key_manifest
from keystead.keys import KeySet, SigningKey
from keystead.machine import binding
from keystead.problems import PROBLEM_TYPES
from keystead.proof import Claims, check_proof
from keystead.trusted_time import nonce_for
from keystead.wire.nyra import LicenseStatus
from keystead.wire.offline import OfflineRequest, read_request, unpack_request
from keystead_client import exit_codes
from keystead_stub.ops.preflight import EVENTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "shared" / "SPECIFICATION.md"
TEXT = PAGE.read_text("utf-8")
_HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", re.MULTILINE)
_SECTIONS = _HEADING.findall(TEXT)
_CITED = re.compile(r"\bspecification,? (§\d[^)\n]*)")
_NUMBER = re.compile(r"§(\d+(?:\.\d+)?)")
_EXAMPLE = re.compile(r"<!-- example: ([a-z-]+) -->\n(.*?)<!-- end of example -->", re.DOTALL)
_BLOCK = re.compile(r"```(\w+)\n(.*?)\n```", re.DOTALL)


def blocks(example: str) -> list[str]:
    (found,) = (text for name, text in _EXAMPLE.findall(TEXT) if name == example)
    return [text for _, text in _BLOCK.findall(found)]


def section(number: str) -> str:
    start = TEXT.index(f'<a id="s{number}"></a>')
    following = TEXT.find('<a id="s', start + 1)
    return TEXT[start:following]


def seed_of(line: str) -> SigningKey:
    seeds = re.findall(r"seed +([0-9a-f]{64})", section("1.6"))
    seed = bytes.fromhex(seeds[["signing", "root", "device"].index(line)])
    return SigningKey(seed, "2026" if line == "signing" else None)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = filter(None, listed.stdout.decode().split("\0"))
    kinds = {".py", ".md", ".mjs", ".toml", ".yaml", ".yml"}
    return [ROOT / name for name in names if Path(name).suffix in kinds and (ROOT / name).exists()]


def test_the_examples_are_what_the_code_makes() -> None:
    script = ROOT / "packaging" / "specification.py"
    checked = subprocess.run([sys.executable, str(script), "--check"], check=False)
    assert checked.returncode == 0


def test_sections_are_numbered_in_order_and_have_their_anchors() -> None:
    assert re.findall(r'<a id="s([\d.]+)"></a>\n\n#', TEXT) == _SECTIONS
    numbers = [tuple(map(int, number.split("."))) for number in _SECTIONS]
    assert numbers[0] == (1,)
    for (chapter, *_), following in pairwise(numbers):
        assert following[0] in {chapter, chapter + 1}
    assert numbers == sorted(set(numbers))
    for chapter, count in Counter(number[0] for number in numbers).items():
        assert (chapter, count - 1) in {*numbers, (chapter, 0)}


def test_the_page_refers_to_sections_that_exist() -> None:
    own = re.sub(r"RFC \d+ §[\d.]+", "", TEXT)
    assert [number for number in _NUMBER.findall(own) if number not in _SECTIONS] == []


def test_every_section_that_is_cited_exists() -> None:
    wrong = {
        f"{path.relative_to(ROOT)}: §{number}"
        for path in tracked()
        for cited in _CITED.findall(path.read_text("utf-8"))
        for number in _NUMBER.findall(re.sub(r"RFC \d+ §[\d.]+", "", cited))
        if number not in _SECTIONS
    }
    assert wrong == set()


def test_nothing_cites_another_text_than_the_specification() -> None:
    """Cite "specification §5.4": its sections stand in shared/SPECIFICATION.md."""
    other = re.compile(r"\bcontract,? \(?§")
    found = [str(path) for path in tracked() if other.search(path.read_text("utf-8"))]
    assert found == []


def test_the_signed_examples_verify_by_the_keys_of_the_examples() -> None:
    signing, root, device = (seed_of(line) for line in ("signing", "root", "device"))
    keys = KeySet.from_jwks(blocks("jwks")[0])
    assert keys.get("2026") == signing.public_key
    license = trust.verify_license(blocks("license")[0], keys=keys, product="acme-notes")
    token = trust.accept_token(
        blocks("token")[0],
        keys=keys,
        product="acme-notes",
        device=device.thumbprint,
        license=license,
    )
    assert token.device_id == license.device_id == device.thumbprint
    roots = KeySet([root.public_key])
    manifest = verify_key_manifest(blocks("manifest")[0], roots=roots, product="acme-notes")
    assert manifest.keys.get("2026") == signing.public_key
    facts = dict(re.findall(r"(?m)^(machine id|state folder|binding) +(.*)$", blocks("binding")[0]))
    place = binding(facts["machine id"], facts["state folder"].encode())
    assert place == facts["binding"]
    statement = read_statement(blocks("device")[0], binding=place)
    assert statement.nonce_opening is not None
    assert nonce_for(statement.nonce_opening) == license.nonce
    key, request = read_request(blocks("request")[0], product="acme-notes")
    assert key.kid == request.device_id == device.thumbprint
    packed = blocks("request-link")[0].partition("?request=")[2]
    assert unpack_request(packed) == blocks("request")[0]
    claims = json.loads(blocks("proof")[2])
    proof = check_proof(
        blocks("proof")[0],
        method=claims["htm"],
        url=claims["htu"],
        now_s=claims["iat"],
        token=blocks("token")[0],
    )
    assert proof.thumbprint == device.thumbprint


def test_the_profile_example_has_its_digest_by_the_words_of_its_section() -> None:
    toml, digest = blocks("profile-digest")
    tables = tomllib.loads(toml)
    keys = json.loads(blocks("jwks")[0])["keys"]
    decided = {
        "backend": {"billing_api": "nyra", "offline_page": None, "url": "https://billing.example"},
        "keys": [[key["kid"], key["crv"], key["x"]] for key in keys],
        "product": tables["product"]["id"],
        "root": None,
        "sign_in": None,
    }
    text = json.dumps(decided, separators=(",", ":"), sort_keys=True)
    assert digest == b64u_encode(sha256(text.encode()).digest())


@pytest.mark.parametrize("name", ["license", "token", "device", "manifest", "proof", "request"])
def test_a_signed_example_shows_its_header_and_payload(name: str) -> None:
    text, head, payload = blocks(name)
    assert [json.loads(b64u_decode(part)) for part in text.split(".")[:2]] == [
        json.loads(head),
        json.loads(payload),
    ]
    assert jose.peek_header(text).typ == json.loads(head)["typ"]


def test_the_status_example_is_an_answer() -> None:
    answer = msgspec.json.decode(blocks("status")[0], type=LicenseStatus)
    assert answer.license == blocks("license")[0]
    assert answer.device_access_token == blocks("token")[0]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("3.5", License),
        ("3.5", Entitlement),
        ("3.5", OfflineGrace),
        ("3.6", DeviceAccessToken),
        ("4.3", DeviceStatement),
        ("7.3", Claims),
        ("7.17", OfflineRequest),
    ],
)
def test_a_table_names_every_field(number: str, kind: type[Any]) -> None:
    named = set(re.findall(r"`(\w+)`", section(number)))
    assert {field.encode_name for field in msgspec.structs.fields(kind)} <= named


def test_problem_codes_have_their_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", section("7.2"), re.MULTILINE)
    assert rows
    assert {code: int(status) for code, status in rows} == {
        code: PROBLEM_TYPES[code].status for code, _ in rows
    }


def named_in(number: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", section(number))


def test_the_page_knows_every_state_reason_and_header_that_the_code_knows() -> None:
    states = re.findall(r"^\| `(\w+)` \|", section("6.1"), re.MULTILINE)
    assert states == [state.value for state in State]
    assert set(named_in("3.7")) >= REASONS
    assert set(named_in("3.2")) >= jose._REFUSED_MEMBERS


def test_the_page_lists_the_members_and_exit_codes_of_the_commands() -> None:
    assert [name for name in named_in("11.4") if name in STATUS_FIELDS] == list(STATUS_FIELDS)
    rows = re.findall(r"^\| (\d) \|", section("11.4"), re.MULTILINE)
    codes = {
        value for name, value in vars(exit_codes).items() if name.isupper() and value in range(10)
    }
    assert {int(code) for code in rows} == codes


def test_the_page_names_every_event_that_the_backend_needs() -> None:
    assert set(EVENTS) <= set(named_in("7.13"))


def test_the_page_names_every_label_of_a_hash() -> None:
    labels = {
        label
        for path in (ROOT / "shared" / "keystead").rglob("*.py")
        for label in re.findall(r'labelled_hash\("([\w-]+)"', path.read_text("utf-8"))
    }
    assert len(labels) == 3
    assert labels <= set(named_in("1.5"))


def test_vectors_name_sections_that_exist() -> None:
    named = {
        vector["section"]
        for path in (ROOT / "shared" / "vectors").rglob("*.json")
        if isinstance(vectors := json.loads(path.read_text("utf-8")), list)
        for vector in vectors
    }
    assert named
    assert named <= set(_SECTIONS)
