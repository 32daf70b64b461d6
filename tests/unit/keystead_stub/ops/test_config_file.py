"""The config file: edited by `config sync`, read by `serve`, and free of secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead_stub.entry import main
from keystead_stub.in_process import TIMEOUT_S
from keystead_stub.ops import config_file
from keystead_stub.ops.config_file import with_values
from keystead_stub.settings import Settings
from support.nightly import nightly_except

STUB = str(Path(sys.executable).with_name("keystead-stub"))
SECRET = "sk_live_51KeysteadKeysteadKeystead"
ORIGIN = "https://nyra.example"
MINE = """\
# mine
title = "billing" # and this

[production] # written by hand
ALLOWED_ORIGIN = 'https://old.example'   # the old one

[other]
list = [
  1,
]
"""
Sync = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "keystead-stub.toml"


@pytest.fixture
def sync(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> Sync:
    def run(answers: str, *flags: str) -> tuple[int, str, str]:
        file = tmp_path / "answers.toml"
        file.write_text(answers)
        code = main(["config", "sync", str(file), "--config", str(config), *flags])
        return code, *capsys.readouterr()

    return run


def test_sync_lists_applied_waiting_and_invalid_answers(sync: Sync, config: Path) -> None:
    answers = f'ALLOWED_ORIGIN = "{ORIGIN}"\nNYRA_BILLING_CANCEL_URL = "nowhere"\n'
    code, out, err = sync(answers)
    assert (code, err) == (1, "")
    applied, _, rest = out.partition("Waiting")
    waiting, _, fix = rest.partition("Needs fix")
    assert applied == "Applied\n  ALLOWED_ORIGIN\n"
    assert "STRIPE_API_VERSION: not answered yet" in waiting
    assert "NYRA_BILLING_CANCEL_URL: Enter a complete URL" in fix
    assert tomllib.loads(config.read_text()) == {"production": {"ALLOWED_ORIGIN": ORIGIN}}
    code, out, _ = sync("", "--json")
    output = json.loads(out)
    assert (code, output["applied"], output["needsFix"]) == (0, ["ALLOWED_ORIGIN"], [])
    assert output["config"] == str(config)


def test_a_confirmation_is_a_date_that_has_come(sync: Sync, config: Path) -> None:
    code, out, _ = sync(
        "NYRA_CONFIRMED_REVIEW = 2024-02-29\nNYRA_CONFIRMED_RELEASE_PATH = 2999-01-01"
    )
    assert code == 1
    assert "Applied\n  NYRA_CONFIRMED_REVIEW\n" in out
    assert "NYRA_CONFIRMED_SUPPORT_INBOX: not answered yet" in out
    assert "NYRA_CONFIRMED_RELEASE_PATH: This date has not come yet." in out
    assert config_file.read(config).values == {"NYRA_CONFIRMED_REVIEW": "2024-02-29"}
    settings = Settings.load(config_file.read(config).under({}), url="", random=bytes)
    assert settings.confirmed == {"NYRA_CONFIRMED_REVIEW": date(2024, 2, 29)}


def test_comments_and_other_tables_are_kept(sync: Sync, config: Path) -> None:
    config.write_text(MINE)
    assert sync(f'ALLOWED_ORIGIN = "{ORIGIN}"\nNYRA_DATABASE_ID = "nyra.db"')[0] == 0
    assert config.read_text() == MINE.replace(
        "'https://old.example'   # the old one\n",
        f'"{ORIGIN}"   # the old one\nNYRA_DATABASE_ID = "nyra.db"\n',
    )
    before = config.stat().st_ino
    assert sync(f'ALLOWED_ORIGIN = "{ORIGIN}"')[0] == 0
    assert config.stat().st_ino == before


_SECRET_SOMEWHERE = [
    f'ALLOWED_ORIGIN = "{SECRET}"',
    f'ALLOWED_ORIGIN = "https://nyra.example/{SECRET}"',
    f'ALLOWED_ORIGIN = ["{ORIGIN}", "{SECRET}"]',
    f'ALLOWED_ORIGIN = "{ORIGIN}"\n{SECRET} = 1',
    f'ALLOWED_ORIGIN = "{ORIGIN}" # {SECRET}',
    f'ALLOWED_ORIGIN = "\\u0073{SECRET[1:]}"',
    f"this is not TOML {SECRET}",
    f"[{SECRET}]\na = 1",
]


@pytest.mark.parametrize(
    "answers", nightly_except(_SECRET_SOMEWHERE, (_SECRET_SOMEWHERE[0], _SECRET_SOMEWHERE[4]))
)
def test_a_secret_anywhere_is_rejected_and_not_printed(
    tmp_path: Path, config: Path, answers: str
) -> None:
    config.write_text(MINE)
    file = tmp_path / "answers.toml"
    file.write_text(answers)
    done = subprocess.run(
        [STUB, "config", "sync", str(file), "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "a secret key of Stripe. Nothing was written." in done.stderr
    assert SECRET[8:] not in done.stderr
    assert config.read_text() == MINE


def test_a_secret_in_the_config_file_is_rejected(sync: Sync, config: Path) -> None:
    text = f'[mine]\nkey = "{SECRET}"\n'
    config.write_text(text)
    code, out, err = sync(f'ALLOWED_ORIGIN = "{ORIGIN}"')
    assert (code, out, SECRET in err, config.read_text()) == (1, "", False, text)
    assert main(["serve", "--port", "0", "--config", str(config)]) == 1


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ("STRIPE_SECRET_KEY = ''", "Unknown names: STRIPE_SECRET_KEY"),
        ("[production]\nALLOWED_ORIGIN = 'https://a.example'", "Unknown names: production"),
        ("nonsense", "not valid TOML"),
    ],
)
def test_invalid_answers_files_change_nothing(
    sync: Sync, config: Path, answers: str, says: str
) -> None:
    code, out, err = sync(answers)
    assert (code, out, config.exists()) == (1, "", False)
    assert says in err


def test_the_name_of_an_unreadable_file_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "sync", f"/nowhere/{SECRET}"]) == 1
    assert SECRET not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'production = { ALLOWED_ORIGIN = "https://old.example" } # mine\n',
            f'production = {{ ALLOWED_ORIGIN = "{ORIGIN}" }} # mine\n',
        ),
        (
            'production.ALLOWED_ORIGIN = "https://old.example"\n',
            f'production.ALLOWED_ORIGIN = "{ORIGIN}"\n',
        ),
        (
            '[production]\nALLOWED_ORIGIN = """https://old.example"""\n',
            f'[production]\nALLOWED_ORIGIN = "{ORIGIN}"\n',
        ),
        (
            'x = """\n[production]\n"""\n',
            f'x = """\n[production]\n"""\n\n[production]\nALLOWED_ORIGIN = "{ORIGIN}"\n',
        ),
        ("a = 1\r\n", f'a = 1\r\n\r\n[production]\r\nALLOWED_ORIGIN = "{ORIGIN}"\r\n'),
    ],
    ids=["inline table", "dotted key", "multi-line string", "table in a string", "CRLF"],
)
def test_each_toml_notation_of_the_table_is_edited_in_place(text: str, expected: str) -> None:
    assert with_values(text, {"ALLOWED_ORIGIN": ORIGIN}) == expected


@given(
    st.dictionaries(st.sampled_from(["ALLOWED_ORIGIN", "NYRA_DATABASE_ID"]), st.text(max_size=9)),
    st.sampled_from(["", "a = 1", "a = 1\n", MINE, MINE.replace("\n", "\r\n"), "[production]"]),
)
def test_only_the_given_values_change(values: dict[str, str], text: str) -> None:
    before = tomllib.loads(text)
    values = {name: json.dumps(value) for name, value in values.items()}
    after = tomllib.loads(with_values(text, values))
    table = before.pop("production", {}) | values
    assert after.pop("production", {}) == table
    assert after == before


def test_settings_take_precedence_flag_environment_file_generated(
    tmp_path: Path, config: Path
) -> None:
    config.write_text(
        f'[production]\nALLOWED_ORIGIN = "{ORIGIN}"\nNYRA_DATABASE_ID = "own.db"\n'
        'NYRA_BILLING_RETURN_URL = "https://nyra.example/file"\n'
    )
    environ = {
        **os.environ,
        config_file.VARIABLE: str(config),
        "NYRA_BILLING_RETURN_URL": "https://nyra.example/environment",
    }
    with subprocess.Popen(
        [STUB, "serve", "--port", "0", "--json"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            output = json.loads(process.stdout.readline())
            health = httpx.get(output["url"] + "/health", trust_env=False, timeout=60).json()
        finally:
            process.terminate()
        _, err = process.communicate(timeout=TIMEOUT_S)
    assert health["checks"]["vars"]["ALLOWED_ORIGIN"] is True
    assert "NYRA_BILLING_SUCCESS_URL" in err
    assert "NYRA_BILLING_RETURN_URL" not in err
    assert (tmp_path / "own.db").is_file()
    file = config_file.read(config)
    assert file.under(environ)["NYRA_BILLING_RETURN_URL"] == "https://nyra.example/environment"
    assert file.under({})["NYRA_BILLING_RETURN_URL"] == "https://nyra.example/file"


def test_the_config_file_is_located_by_flag_variable_or_default(tmp_path: Path) -> None:
    home = {"KEYSTEAD_HOME": str(tmp_path)}
    usual = tmp_path / "keystead-stub" / "config" / "keystead-stub.toml"
    assert config_file.locate(None, home) == usual
    named = {**home, config_file.VARIABLE: str(tmp_path / "a.toml")}
    assert config_file.locate(None, named) == tmp_path / "a.toml"
    assert config_file.locate(str(tmp_path / "b.toml"), named) == tmp_path / "b.toml"
    assert config_file.load(None, home).values == {}
    with pytest.raises(InvalidInput, match="does not exist"):
        config_file.load(None, named)
