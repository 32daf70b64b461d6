"""``device.jws``: whose device this is, and whether the folder was copied."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha512
from itertools import count

from keystead.device_statement import STATEMENT_TYP
from keystead.encoding import b64u_encode
from keystead.keys import public_jwk, thumbprint
from vector_groups.world import (
    ACTIVE,
    BACKEND,
    DEVICE,
    FOLDER,
    GROUP_ORDER,
    LEFT_OUT,
    MACHINE_ID,
    OTHER_DEVICE,
    OTHER_MACHINE_ID,
    SMALL_ORDER,
    Json,
    compact,
    device_claims,
    device_text,
    license_claims,
    license_of,
    license_text,
    sign,
    statement_of,
    untrusted,
    unusable,
    vector,
)


def vectors() -> Iterator[Json]:
    yield from _files()
    yield from _places()
    yield from _statements()
    yield from _signers()


def _refused(name: str, section: str, code: str, text: str | None) -> Json:
    return vector(name, section, untrusted(code), device=text)


def _files() -> Iterator[Json]:
    nothing = unusable("unactivated", "no_license", features=[])
    yield vector(
        "without files a device is not activated", "6.4", nothing, license=None, device=None
    )
    yield vector("a statement alone activates nothing", "6.4", nothing, license=None)
    yield _refused("a license without a statement is refused", "6.4", "wrong_device", None)
    yield _refused("an empty statement is malformed", "4.3", "malformed", "")
    yield vector(
        "white space around a statement is not part of it",
        "4.1",
        ACTIVE,
        device=f"{device_text()}\n\n",
    )


def _places() -> Iterator[Json]:
    copied = untrusted("copied")
    yield vector(
        "a folder that was copied to another machine is refused",
        "4.5",
        copied,
        machine_id=OTHER_MACHINE_ID,
    )
    yield vector(
        "a folder that was copied to another path is refused", "4.5", copied, folder=f"{FOLDER}2"
    )
    yield vector("a path is compared as it is, with its case", "4.5", copied, folder=FOLDER.upper())
    yield vector(
        "a path is compared without a slash at its end", "4.5", copied, folder=f"{FOLDER}/"
    )
    for name, machine_id, folder in (
        ("a machine without an id binds by the path alone", "", FOLDER),
        (
            "a path with other characters than ASCII is bound in UTF-8",
            MACHINE_ID,
            "/var/lib/Zo\u00eb/\u6587",
        ),
        ("a path with a space and a line feed is bound as it is", MACHINE_ID, "/var/lib/a b\nc"),
        (
            "a Windows path is bound with its backslashes",
            "5f0c",
            "C:\\Users\\ada\\AppData\\Local\\acme-notes",
        ),
    ):
        text = device_text(machine_id=machine_id, folder=folder)
        yield vector(name, "4.5", ACTIVE, device=text, machine_id=machine_id, folder=folder)
    yield vector(
        "a machine that lost its id refuses what it wrote before", "4.5", copied, machine_id=""
    )
    other = device_claims()["binding"]
    for name, binding in (
        ("in capitals", other.upper()),
        ("cut short", other[:32]),
        ("that is empty", ""),
    ):
        yield _refused(
            f"a binding {name} is another binding", "4.5", "copied", device_text(binding=binding)
        )


def _statements() -> Iterator[Json]:
    for name in ("deviceId", "binding"):
        text = device_text(**{name: LEFT_OUT})
        yield _refused(f"a statement without {name} is malformed", "4.3", "malformed", text)
    mark, witness = device_claims()["mark"], device_claims()["witness"]
    for name, changes in {
        "a float as the mark's time": {"mark": mark | {"atMs": float(mark["atMs"])}},
        "a mark's time beyond 2^53": {"mark": mark | {"atMs": 2**53}},
        "a mark without a boot": {"mark": {"atMs": 1, "bootMs": 1}},
        "a list as its mark": {"mark": [1, 2, "boot"]},
        "a float as its boot time": {"witness": witness | {"bootMs": float(witness["bootMs"])}},
        "a boot time as a text": {"witness": witness | {"bootMs": str(witness["bootMs"])}},
        "a boot time beyond 2^53": {"witness": witness | {"bootMs": 10**30}},
        "a witness without its salt": {"witness": {"bootId": "b", "bootMs": 1}},
        "a number as its binding": {"binding": 1},
    }.items():
        yield _refused(
            f"a statement with {name} is malformed", "4.3", "malformed", device_text(**changes)
        )
    twice = compact(device_claims())[:-1] + b',"binding":"x"}'
    yield _refused(
        "a statement with a name twice is malformed", "4.3", "malformed", statement_of(twice)
    )
    for name, changes in {
        "without mark and witness": {"mark": LEFT_OUT, "witness": LEFT_OUT},
        "with mark and witness null": {"mark": None, "witness": None},
        "with a claim that is not known": {"future": {"x": 1.5}},
    }.items():
        yield vector(f"a statement {name} counts", "4.3", ACTIVE, device=device_text(**changes))


def _signers() -> Iterator[Json]:
    claims = device_claims()
    yield _refused(
        "a statement that another key signed for this device is refused",
        "4.3",
        "wrong_device",
        statement_of(claims, OTHER_DEVICE),
    )
    yield _refused(
        "another device's statement does not fit the license",
        "4.3",
        "wrong_device",
        device_text(OTHER_DEVICE),
    )
    yield _refused(
        "a statement by a pinned key in place of the device's is refused",
        "4.3",
        "unknown_key",
        sign(claims, BACKEND, STATEMENT_TYP),
    )
    yield _refused(
        "a license in a statement's place is refused", "4.3", "wrong_type", license_text()
    )
    header = {"alg": "EdDSA", "typ": STATEMENT_TYP, "jwk": public_jwk(DEVICE.public)}
    yield _refused(
        "a statement whose key did not sign it is refused",
        "4.3",
        "bad_signature",
        sign(claims, OTHER_DEVICE, STATEMENT_TYP, header=header),
    )
    with_private = header | {"jwk": public_jwk(DEVICE.public) | {"d": b64u_encode(b"d" * 32)}}
    others = {
        "with its private part": with_private,
        "of another curve": header | {"jwk": public_jwk(DEVICE.public) | {"crv": "Ed448"}},
        "of another type": header | {"jwk": public_jwk(DEVICE.public) | {"kty": "EC"}},
        "for encryption": header | {"jwk": public_jwk(DEVICE.public) | {"use": "enc"}},
        "of 31 bytes": header | {"jwk": public_jwk(DEVICE.public[:31])},
        "that is a text": header | {"jwk": b64u_encode(DEVICE.public)},
        "with padding": header
        | {"jwk": public_jwk(DEVICE.public) | {"x": b64u_encode(DEVICE.public) + "="}},
    }
    for name, head in others.items():
        text = sign(claims, DEVICE, STATEMENT_TYP, header=head)
        yield _refused(
            f"a statement with a key {name} is refused", "2.1", "unsupported_header", text
        )
    yield _small_order()


def _small_order() -> Json:
    """Return a license of a key of small order, with a statement that anyone could forge."""
    name = thumbprint(SMALL_ORDER)
    license = license_of(license_claims(deviceId=name, cnf={"jkt": name}))
    head = compact({"alg": "EdDSA", "typ": STATEMENT_TYP, "jwk": public_jwk(SMALL_ORDER)})
    # R is the neutral element and S zero: valid for every message whose hash 8 divides.
    signature = bytes([1]) + bytes(63)
    for attempt in count():
        claims = compact(device_claims(deviceId=name, attempt=attempt))
        signed = f"{b64u_encode(head)}.{b64u_encode(claims)}"
        digest = sha512(signature[:32] + SMALL_ORDER + signed.encode()).digest()
        if int.from_bytes(digest, "little") % GROUP_ORDER % 8 == 0:
            break
    return vector(
        "a device key of small order is refused, whose signatures anyone can forge",
        "2.1",
        untrusted("unsupported_header"),
        license=license,
        device=f"{signed}.{b64u_encode(signature)}",
    )
