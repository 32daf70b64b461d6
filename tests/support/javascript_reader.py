"""The reader in JavaScript, run by the machine's Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

READER = Path(__file__).parents[2] / "shared" / "readers" / "javascript" / "keystead.mjs"
LIMIT_S = 120

_JUDGE = """
const [, reader] = process.argv
const { judge } = await import(reader)
const { readFileSync } = await import('node:fs')
const verdicts = JSON.parse(readFileSync(0, 'utf8')).map((vector) => judge(vector))
process.stdout.write(JSON.stringify(verdicts))
"""
_OPEN = """
const [, reader] = process.argv
const { open } = await import(reader)
const { readFileSync } = await import('node:fs')
const verdicts = JSON.parse(readFileSync(0, 'utf8')).map((profile) => {
  try {
    const license = open(profile)
    const { state, usable, until, reason } = license
    return { state, usable, until, reason, exports: license.allows('export') }
  } catch (error) {
    if (error.name !== 'InvalidProfile') throw error
    return { error: error.message, code: error.code }
  }
})
process.stdout.write(JSON.stringify(verdicts))
"""

#: A program that stays open: its files come, are looked at after ten seconds, and go again.
_WATCH = """
const [, reader] = process.argv
const { open } = await import(reader)
const { cpSync, readFileSync, rmSync } = await import('node:fs')
let now = 0
performance.now = () => now
const [profile, from, to] = JSON.parse(readFileSync(0, 'utf8'))
const license = open(profile)
const seen = [license.state]
cpSync(from, to, { recursive: true })
seen.push(license.state)
now += 10_000
seen.push(license.state)
rmSync(to, { recursive: true })
now += 10_000
seen.push(license.state)
process.stdout.write(JSON.stringify([{ seen, shown: JSON.stringify(license) }]))
"""


def judged(vectors: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the reader's verdict on each vector."""
    return _run(_JUDGE, vectors)


def opened(
    profiles: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return what a program sees that opens each profile: its license, or the error."""
    return _run(_OPEN, profiles, environ=environ, prefix=prefix)


def seen_while_open(profile: str, *, source: Path, state: Path, home: Path) -> dict[str, Any]:
    """Return the states that a program sees whose files come from a folder and go again."""
    (found,) = _run(
        _WATCH, [profile, str(source), str(state)], environ={"KEYSTEAD_HOME": str(home)}
    )
    return found


def _run(
    program: str,
    given: Sequence[Any],
    *,
    environ: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> list[dict[str, Any]]:
    node = shutil.which("node")
    if node is None:
        pytest.fail("this test needs Node: apt-get install nodejs", pytrace=False)
    done = subprocess.run(
        [*prefix, node, "--input-type=module", "--eval", program, "--", READER.as_uri()],
        input=json.dumps(given),
        env=os.environ | dict(environ or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
