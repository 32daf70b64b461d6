"""The verdict of the SDK's own rules on a test vector."""

from __future__ import annotations

import json
from typing import Any

from keystead.evidence import (
    Evidence,
    EvidenceFiles,
    TrustAnchors,
    decide_at,
    features_of,
    with_files,
)
from keystead.keys import KeySet
from keystead.machine import binding
from keystead.trusted_time import ClockReading

Json = dict[str, Any]


def judge(vector: Json) -> Json:
    """Return the verdict on the last of a vector's readings."""
    profile, machine = vector["profile"], vector["machine"]
    place = binding(machine["machineId"], machine["stateFolder"].encode())
    keys = KeySet.from_jwks(json.dumps(profile["keys"]))
    roots = KeySet.from_jwks(json.dumps(profile["root"])) if "root" in profile else None
    anchors = TrustAnchors(profile["product"], keys, place, roots)
    evidence = Evidence()
    for reading in [*vector.get("earlier", []), vector]:
        texts = reading["files"]
        files = EvidenceFiles(*(text_of(texts, name) for name in ("license", "device", "keys")))
        clocks = reading["clocks"]
        clock = ClockReading(
            clocks["wallMs"], clocks["bootMs"], clocks["bootId"], clocks["bootClockTrusted"]
        )
        evidence = with_files(evidence, files, anchors, clock)
        now_ms, activation = decide_at(evidence, clock)
    return {
        "state": str(activation.state),
        "usable": activation.usable,
        "until": activation.until,
        "reason": activation.reason,
        "features": sorted(features_of(evidence.license)),
        "now": now_ms,
    }


def text_of(texts: dict[str, str], name: str) -> bytes | None:
    return texts[name].encode() if name in texts else None
