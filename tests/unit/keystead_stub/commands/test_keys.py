"""`keystead-stub keys`: secrets, root keys, public keys and key manifests in files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keystead.encoding import b64u_decode, b64u_encode
from keystead.instants import DAY_MS
from keystead.key_manifest import KeyManifest, verify_key_manifest
from keystead.keys import KeySet, SigningKey, public_jwk
from keystead_stub.entry import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in an empty folder; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NYRA_LICENSE_SIGNING_SECRET", raising=False)

    def once(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["keys", *arguments])
        except SystemExit as usage:
            code = int(str(usage.code))
        out, err = capsys.readouterr()
        return code, out, err

    return once


@pytest.fixture
def files(run: Run) -> None:
    """Create a signing key in `one`, the next one in `two`, and a root key in `root`."""
    for action, name in (("new", "one"), ("new", "two"), ("root", "root")):
        code, out, _err = run(action, "--out", name)
        assert code == 0
        Path(f"{name}.json").write_text(out)


def manifest_of(*keys: str, version: int = 1, out: str = "keys.jws", **more: str) -> list[str]:
    flags = {"root": "root", "version": str(version), "product": "acme", "out": out} | more
    named = [part for name, value in flags.items() for part in (f"--{name}", value)]
    return ["manifest", *named, "--keys", *(keys or ("one",))]


def verified(path: str = "keys.jws") -> KeyManifest:
    roots = KeySet.from_jwks(Path("root.json").read_bytes())
    return verify_key_manifest(Path(path).read_text().strip(), roots=roots, product="acme")


def kids(jwks: str) -> list[str]:
    return [key.kid for key in KeySet.from_jwks(jwks)]


@pytest.mark.parametrize("action", ["new", "root"])
def test_a_new_secret_is_written_for_its_owner_alone(
    run: Run, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = os.umask(0)
    try:
        code, out, _err = run(action, "--out", "secret")
    finally:
        os.umask(previous)
    path = Path("secret")
    assert (code, stat.S_IMODE(path.stat().st_mode)) == (0, 0o600)
    (line,) = path.read_text().splitlines()
    key = SigningKey(b64u_decode(line))
    assert kids(out) == [key.kid]
    assert line not in out
    # The backend takes the line as it is.
    monkeypatch.setenv("NYRA_LICENSE_SIGNING_SECRET", line)
    assert kids(run("show")[1]) == [key.kid]


def test_two_new_secrets_are_different(run: Run) -> None:
    assert run("new", "--out", "a")[1] != run("new", "--out", "b")[1]


@pytest.mark.parametrize("action", ["new", "root"])
def test_a_secret_never_overwrites_anything(run: Run, action: str, tmp_path: Path) -> None:
    Path("file").write_text("mine")
    Path("folder").mkdir()
    Path("link").symlink_to("nowhere")
    for name in ("file", "folder", "link"):
        code, out, err = run(action, "--out", name)
        assert (code, out) == (1, "")
        assert f"{name} exists, and is not overwritten." in err
    assert Path("file").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    code, _out, err = run(action, "--out", "missing/secret")
    assert (code, "Can't write missing/secret: No such file" in err) == (1, True)


@pytest.mark.usefixtures("files")
def test_public_keys_of_secrets_key_sets_and_manifests_are_shown(run: Run) -> None:
    run(*manifest_of("one", "two"))
    one, two = (kids(Path(f"{name}.json").read_text())[0] for name in ("one", "two"))
    assert kids(run("show", "one")[1]) == [one]
    assert kids(run("show", "two.json")[1]) == [two]
    code, out, err = run("show", "keys.jws")
    assert (code, kids(out)) == (0, [one, two])
    assert "version 1 for acme" in err
    assert "Its signature was not checked." in err
    # Each key once, in the order of the files.
    assert kids(run("show", "two", "one.json", "keys.jws", "one")[1]) == [two, one]
    Path("both").write_text(f"{Path('two').read_text().strip()},{Path('one').read_text()}")
    assert kids(run("show", "both")[1]) == [two, one]


@pytest.mark.usefixtures("files")
def test_a_manifest_names_all_keys_and_is_signed_by_the_root_key(run: Run) -> None:
    code, out, err = run(*manifest_of("one", "two.json"))
    assert (code, err) == (0, "")
    manifest = verified()
    assert out.startswith("keys.jws: version 1 for acme, 2 keys, until 20")
    assert [key.kid for key in manifest.keys] == [
        *kids(Path("one.json").read_text()),
        *kids(Path("two.json").read_text()),
    ]
    assert manifest.ends_at - manifest.issued_at == 365 * DAY_MS
    # Another user serves it.
    assert stat.S_IMODE(Path("keys.jws").stat().st_mode) & 0o044 == 0o044
    assert Path("keys.jws").read_text().count("\n") == 1


@pytest.mark.usefixtures("files")
def test_a_manifest_is_replaced_by_a_higher_version_only(run: Run) -> None:
    assert run(*manifest_of("one", version=3))[0] == 0
    before = Path("keys.jws").read_bytes()
    for version in (1, 2, 3):
        code, _out, err = run(*manifest_of("one", "two", version=version))
        assert (code, "keys.jws has version 3." in err, "--version 4" in err) == (1, True, True)
    assert Path("keys.jws").read_bytes() == before
    assert run(*manifest_of("two", version=4, days="400"))[0] == 0
    assert (verified().version, len(verified().keys)) == (4, 1)
    assert sorted(path.name for path in Path().iterdir() if path.name.startswith(".")) == []


def jwks(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": keys})


SEED = bytes(range(32))
PRIVATE = {**public_jwk(SigningKey(SEED).public, "k"), "d": b64u_encode(SEED)}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (manifest_of(days="401"), 2, "from 1 to 400"),
        (manifest_of(days="0"), 2, "from 1 to 400"),
        (manifest_of(version=0), 2, "--version: use a number from 1"),
        (manifest_of(version=-1), 2, "--version"),
        (manifest_of(version=2**53), 2, "--version: use a number from 1"),
        (manifest_of("root"), 1, "A root key is named as a signing key."),
        (manifest_of("one", "root.json"), 1, "A root key is named as a signing key."),
        (manifest_of("one", "one"), 1, "is there twice, in one and in one."),
        (manifest_of("one", "two", "one.json"), 1, "is there twice, in one and in one.json."),
        (manifest_of("same-kid.json", "k.json"), 1, "Two different keys have the kid k."),
        (manifest_of("private.json"), 1, "private.json has the private part of a key."),
        (manifest_of("symmetric.json"), 1, "symmetric.json has the private part of a key."),
        (manifest_of("empty.json"), 1, "empty.json: A key set needs at least one Ed25519 key"),
        (manifest_of("broken.json"), 1, "broken.json is neither a signing secret, nor"),
        (manifest_of("nowhere"), 1, "There is no file nowhere."),
        (manifest_of("text"), 1, "text is not a 32-byte Ed25519 seed in base64url."),
        (manifest_of("binary"), 1, "binary is neither a signing secret, nor"),
        (manifest_of("big"), 1, "big is neither a signing secret, nor"),
        (manifest_of("folder"), 1, "Can't read folder: Is a directory."),
        (manifest_of("earlier.jws"), 1, "--keys takes signing secrets and JWK Sets."),
        (manifest_of(root="root.json"), 1, "root.json is not a root key's secret."),
        (manifest_of(root="earlier.jws"), 1, "earlier.jws is not a root key's secret."),
        (manifest_of(product="../acme"), 1, "--product: product.id has to"),
        (manifest_of(product=""), 1, "--product: product.id has to"),
        (manifest_of(out="one"), 1, "one exists, and is not a key manifest."),
        (manifest_of(out="text"), 1, "text exists, and is not a key manifest."),
        (manifest_of(out="missing/keys.jws"), 1, "Can't write"),
        (manifest_of(out="earlier.jws", version=9), 1, "the key manifest of another product"),
        (["manifest"], 2, "required"),
        (["new"], 2, "--out"),
        (["show", "private.json"], 1, "private.json has the private part of a key."),
        (["show", "same-kid.json", "k.json"], 1, "Two different keys have the kid k."),
        (["show", "nowhere"], 1, "There is no file nowhere."),
        (["show"], 1, "NYRA_LICENSE_SIGNING_SECRET is not a 32-byte Ed25519 seed"),
        ([], 2, "required"),
    ],
)
@pytest.mark.usefixtures("files")
def test_what_no_program_would_take_is_refused_and_nothing_is_written(
    run: Run, arguments: list[str], code: int, says: str
) -> None:
    assert run(*manifest_of("two", out="earlier.jws", product="other"))[0] == 0
    Path("text").write_text("not a secret of mine")
    Path("binary").write_bytes(b"\xff\xfe\x00")
    Path("big").write_bytes(b"A" * 70_000)
    Path("folder").mkdir()
    Path("private.json").write_text(jwks(PRIVATE))
    Path("symmetric.json").write_text(jwks({"kty": "oct", "k": "AAAA"}))
    Path("empty.json").write_text(jwks())
    Path("broken.json").write_text("{")
    Path("k.json").write_text(jwks(public_jwk(SigningKey(SEED).public, "k")))
    Path("same-kid.json").write_text(jwks(public_jwk(SigningKey(b"s" * 32).public, "k")))
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    done, out, err = run(*arguments)
    assert (done, out) == (code, "")
    assert says in err
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before
    secrets = [Path(name).read_text().strip() for name in ("one", "two", "root", "text")]
    assert not [secret for secret in (*secrets, PRIVATE["d"]) if secret in err]


@pytest.mark.usefixtures("files")
def test_a_root_secret_that_others_can_read_is_reported(run: Run) -> None:
    Path("root").chmod(0o644)
    code, _out, err = run(*manifest_of("one"))
    assert (code, "Other users can access root." in err) == (0, True)


@pytest.mark.long
def test_keys_are_created_by_the_program(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("keystead-stub"))
    done = subprocess.run(
        [program, "keys", "root", "--out", "root"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stderr, len(KeySet.from_jwks(done.stdout))) == ("", 1)
