"""`GET /api/license/keys`: the key manifest of a file, as it is at this moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from keystead.key_manifest import sign_key_manifest, verify_key_manifest
from keystead.keys import KeySet, SigningKey
from keystead.problems import MEDIA_TYPE
from keystead.wire import nyra as wire
from keystead.wire.fields import PRODUCT_HEADER
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.in_process import TIMEOUT_S, BillingStub

ROOT = SigningKey(b"r" * 32)


class Served:
    """A stub that serves two manifests, and the files that it serves."""

    def __init__(self, stub: BillingStub, http: httpx.Client, folder: Path) -> None:
        self.stub, self.http = stub, http
        self.own, self.merchants = folder / "keys.jws", folder / "merchant.jws"

    def sign(self, product: str = "nyra", version: int = 1, days: int = 365) -> str:
        return sign_key_manifest(
            ROOT,
            keys=KeySet.from_jwks(self.stub.keys.read_bytes()),
            version=version,
            product=product,
            issued_s=int(time.time()) - 60,
            days=days,
        )

    def ask(self, path: str = wire.KEYS, **headers: str) -> httpx.Response:
        return self.http.get(path, headers={key.replace("_", "-"): headers[key] for key in headers})

    def of(self, product: str) -> str:
        answer = self.http.get(wire.KEYS, headers={PRODUCT_HEADER: product})
        roots = KeySet([ROOT.public_key])
        return verify_key_manifest(answer.json()["manifest"], roots=roots, product=None).product

    def problems(self) -> list[str]:
        """Return what health reports; the service is well in any case."""
        health = self.http.get(wire.HEALTH)
        assert (health.status_code, health.json()["ok"]) == (200, True)
        keys = health.json()["checks"]["keys"]
        assert keys["ok"] is not bool(keys["problems"])
        return list(keys["problems"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("manifests")
    environ = {"NYRA_KEY_MANIFEST": f"{folder / 'keys.jws'}, {folder / 'merchant.jws'}"}
    with (
        BillingStub.running(folder, environ) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=TIMEOUT_S) as http,
    ):
        yield Served(stub, http, folder)


@pytest.fixture
def served(running: Served) -> Served:
    """Let both files be in order at first."""
    running.own.write_text(running.sign() + "\n")
    running.merchants.write_text(running.sign("nyra.shop") + "\n")
    return running


def test_the_file_is_served_at_the_root_and_under_every_prefix(served: Served) -> None:
    manifest = served.own.read_text().strip()
    for prefix in ("", *(f"/{name}" for name in REGISTRY)):
        answer = served.ask(prefix + wire.KEYS)
        assert (answer.status_code, answer.json()) == (200, {"manifest": manifest})
    assert served.problems() == []


def test_a_replaced_file_counts_at_the_next_request(served: Served) -> None:
    before = served.ask()
    assert before.headers["cache-control"] == "no-cache"
    assert before.headers["vary"] == PRODUCT_HEADER
    tag = before.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        same = served.ask(If_None_Match=known)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    newer = served.sign(version=2)
    served.own.write_text(newer)
    answer = served.ask(If_None_Match=tag)
    assert (answer.status_code, answer.json()["manifest"]) == (200, newer)
    assert answer.headers["etag"] != tag


def test_a_program_gets_the_manifest_of_its_own_product(served: Served) -> None:
    assert served.of("nyra") == "nyra"
    assert served.of("nyra.shop") == "nyra.shop"
    # A program of another product can say what is wrong with this one.
    assert served.of("other") == "nyra"
    served.own.write_text("broken")
    assert served.of("nyra.shop") == "nyra.shop"


@pytest.mark.parametrize("content", [None, "", "a.b.c", "\xff", "x" * 40_000])
def test_a_missing_or_broken_file_is_a_problem_that_health_names(
    served: Served, content: str | None
) -> None:
    served.own.unlink()
    if content is not None:
        served.own.write_text(content, encoding="latin-1")
    answer = served.ask()
    assert (answer.status_code, answer.headers["content-type"]) == (503, MEDIA_TYPE)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["code"] == "unavailable"
    assert "keys.jws" not in answer.text
    (problem,) = served.problems()
    assert problem.startswith("File 1 of 2 in NYRA_KEY_MANIFEST: ")
    assert str(served.own.parent) not in problem


def test_health_names_a_manifest_that_programs_would_refuse(served: Served) -> None:
    served.own.write_text(served.sign("other"))
    assert [one for one in served.problems() if "for another product than nyra" in one]
    served.own.write_text(served.sign(days=30))
    (problem,) = served.problems()
    assert "ends in 29 days" in problem


def test_without_a_file_there_is_no_manifest(http: httpx.Client) -> None:
    answer = http.get(wire.KEYS)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["detail"] == "This backend has no key manifest."
    assert http.get(wire.HEALTH).json()["checks"]["keys"] == {"ok": True, "problems": []}
