"""The test vectors of the specification, read as a program reads the files beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from keystead import trust
from keystead.errors import InvalidDocument
from keystead.keys import KeySet
from keystead.proof import check_proof
from keystead.wire.offline import read_request
from support.vector_judge import judge

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "shared" / "vectors"
FILES = sorted(FOLDER.glob("*.json"))
BACKEND = FOLDER / "backend"
BACKEND_FILES = sorted(BACKEND.glob("*.json"))
Json = dict[str, Any]


def all_vectors(*paths: Path) -> list[Any]:
    return [
        pytest.param(vector, id=f"{path.stem}: {vector['name']}")
        for path in paths or FILES
        for vector in json.loads(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("vector", all_vectors())
def test_a_vector_gets_its_verdict(vector: Json) -> None:
    found = judge(vector)
    assert {name: found[name] for name in vector["expect"]} == vector["expect"]


def verdict(verify: Callable[[], str]) -> Json:
    """Return what a backend says; ``verify`` returns the device that signed, or refuses."""
    try:
        device = verify()
    except InvalidDocument as refused:
        return {"accepted": False, "code": refused.code, "deviceId": None}
    return {"accepted": True, "code": "ok", "deviceId": device}


@pytest.mark.parametrize("vector", all_vectors(BACKEND / "proofs.json"))
def test_a_proof_gets_its_verdict(vector: Json) -> None:
    request = vector["request"]

    def verify() -> str:
        return check_proof(
            request["proof"],
            method=request["method"],
            url=request["url"],
            now_s=vector["nowSeconds"],
            token=request["token"],
            accepts_nonce=vector["nonces"].__contains__,
        ).thumbprint

    assert verdict(verify) == vector["expect"]


@pytest.mark.parametrize("vector", all_vectors(BACKEND / "tokens.json"))
def test_a_token_gets_its_verdict(vector: Json) -> None:
    profile = vector["profile"]
    keys = KeySet.from_jwks(json.dumps(profile["keys"]))

    def verify() -> str:
        return trust.verify_token(vector["token"], keys=keys, product=profile["product"]).device_id

    assert verdict(verify) == vector["expect"]


@pytest.mark.parametrize("vector", all_vectors(BACKEND / "requests.json"))
def test_an_activation_request_gets_its_verdict(vector: Json) -> None:
    def verify() -> str:
        return read_request(vector["request"], product=vector["product"])[0].kid

    assert verdict(verify) == vector["expect"]


def test_the_files_are_what_the_script_makes() -> None:
    script = ROOT / "packaging" / "vectors.py"
    checked = subprocess.run([sys.executable, str(script), "--check"], check=False)
    assert checked.returncode == 0


@pytest.mark.parametrize("path", [*FILES, *BACKEND_FILES], ids=lambda path: path.name)
def test_a_file_follows_the_schema(path: Path) -> None:
    kind = "backend" if path in BACKEND_FILES else "vectors"
    schema = json.loads((FOLDER / "schema" / f"{kind}.schema.json").read_text("utf-8"))
    errors = jsonschema_rs.validator_for(schema).iter_errors(json.loads(path.read_text("utf-8")))
    assert [str(error) for error in errors] == []


def test_vectors_are_many_and_have_unique_names() -> None:
    vectors = all_vectors(*FILES, *BACKEND_FILES)
    names = Counter(vector.values[0]["name"] for vector in vectors)
    assert len(names) >= 500
    assert [name for name, times in names.items() if times > 1] == []


def test_the_readme_names_each_file() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    names = [path.relative_to(FOLDER).as_posix() for path in [*FILES, *BACKEND_FILES]]
    assert [name for name in names if f"`{name}`" not in readme] == []
