"""`keystead-stub config sync`: write a form's answers to the config file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from keystead.errors import InvalidInput, StorageFailed
from keystead.files import read_file
from keystead_stub.ops import config_file
from keystead_stub.ops.production_values import Outcome


def sync(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Apply the valid answers. Return 1 if an answer needs a fix.

    Raises InvalidInput or StorageFailed; then nothing was written.
    """
    path = config_file.locate(arguments.config, environ)
    outcome = config_file.sync(_answers(Path(arguments.answers)), path)
    if arguments.json:
        print(json.dumps(shown(outcome) | {"config": str(path)}))
    else:
        _print(outcome, path)
    return 1 if outcome.needs_fix else 0


def shown(outcome: Outcome) -> dict[str, object]:
    """The three lists as JSON: names and sentences, no values."""
    return {
        "applied": list(outcome.applied),
        "waiting": list(outcome.waiting),
        "needsFix": [{"name": one.name, "sentence": one.sentence} for one in outcome.needs_fix],
    }


def _answers(path: Path) -> dict[str, object]:
    try:
        data = read_file(path, config_file.MAX_BYTES)
    except StorageFailed:
        data = None
    if data is None:
        # The name is not quoted: it may be a secret that was pasted as an argument.
        raise InvalidInput("The answers file could not be read.", code="unreadable")
    return config_file.parse(data, "answers file")[1]


def _print(outcome: Outcome, path: Path) -> None:
    lists = {
        "Applied": outcome.applied,
        "Waiting": [f"{name}: not answered yet" for name in outcome.waiting],
        "Needs fix": [f"{one.name}: {one.sentence}" for one in outcome.needs_fix],
    }
    for heading, lines in lists.items():
        print(f"{heading}{'' if lines else ': none'}")
        for line in lines:
            print(f"  {line}")
    print(f"Config: {path}")
