"""Two readers, the SDK and the one in JavaScript, agree on histories that nobody wrote down."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from support.javascript_reader import READER, judged
from support.vector_judge import judge

Json = dict[str, Any]

VECTORS: list[Json] = [
    vector
    for path in sorted((READER.parents[2] / "vectors").glob("*.json"))
    for vector in json.loads(path.read_text("utf-8"))
]
#: The machine that most vectors are on; the files of others are copies there.
MACHINE = VECTORS[0]["machine"]
PROFILES = [VECTORS[0]["profile"], next(v["profile"] for v in VECTORS if "root" in v["profile"])]
_STEPS_MS = (0, 1, MINUTE_MS - 1, MINUTE_MS, HOUR_MS, DAY_MS, 30 * DAY_MS, 33 * DAY_MS)
HISTORIES = 2000


def texts(kind: str, *, good: bool) -> list[str | None]:
    """Return the texts of a file in all vectors, or in those that are not refused."""
    chosen = [one for one in VECTORS if not good or one["expect"]["state"] != "untrusted"]
    readings = [reading for one in chosen for reading in (*one.get("earlier", ()), one)]
    return [reading["files"].get(kind) for reading in readings]


POOLS = {
    kind: (texts(kind, good=True), texts(kind, good=False))
    for kind in ("license", "device", "keys")
}


def random_files(random: Random) -> Json:
    files = {kind: random.choice(pools[random.random() < 0.1]) for kind, pools in POOLS.items()}
    return {kind: text for kind, text in files.items() if text is not None}


def random_history(random: Random) -> Json:
    """Return a vector with up to four readings, in which no boot clock runs backwards."""
    clocks = dict(random.choice(VECTORS)["clocks"])
    readings = []
    for _ in range(random.randint(1, 4)):
        clocks = clocks | {
            "bootMs": clocks["bootMs"] + random.choice(_STEPS_MS),
            "wallMs": clocks["wallMs"] + random.choice((-1, 1)) * random.choice(_STEPS_MS),
        }
        readings.append({"files": random_files(random), "clocks": clocks})
    vector: Json = {"profile": random.choice(PROFILES), "machine": MACHINE, **readings[-1]}
    return vector | ({"earlier": readings[:-1]} if readings[:-1] else {})


def compared(verdict: Json) -> Json:
    """Return what has to agree. A text that breaks several rules may have any of their codes."""
    if verdict["state"] == "untrusted":
        return {"state": verdict["state"], "usable": verdict["usable"]}
    return {
        name: verdict[name] for name in ("state", "usable", "until", "reason", "features", "now")
    }


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3))
def test_both_readers_agree_on_random_histories(seed: int) -> None:
    random = Random(seed)
    histories = [random_history(random) for _ in range(HISTORIES)]
    ours = [compared(judge(history)) for history in histories]
    theirs = [compared(verdict) for verdict in judged(histories)]
    differ = [
        (history, one, other)
        for history, one, other in zip(histories, ours, theirs, strict=True)
        if one != other
    ]
    assert differ == []
    assert len({one["state"] for one in ours}) == 7
