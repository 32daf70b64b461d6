"""The settings file: partial changes, refused values, and invalid files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput, StorageFailed
from keystead.local_api import Settings, SettingsParams
from keystead_daemon.settings_file import SettingsFile


def test_settings_are_kept_across_processes(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.json"
    assert SettingsFile(path).current == Settings()
    SettingsFile(path).change(SettingsParams(language="pt-BR", appearance="dark"))
    SettingsFile(path).change(SettingsParams(language=None, proxy="socks5h://localhost:1080"))
    assert SettingsFile(path).current == Settings(
        language=None, appearance="dark", proxy="socks5h://localhost:1080"
    )


@pytest.mark.parametrize(
    "wish",
    [
        SettingsParams(proxy="file:///etc/passwd"),
        SettingsParams(proxy="http://a b"),
        SettingsParams(language="../../etc"),
        SettingsParams(appearance="pink"),
    ],
)
def test_an_invalid_setting_changes_nothing(tmp_path: Path, wish: SettingsParams) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    with pytest.raises(InvalidInput) as refused:
        file.change(wish)
    assert refused.value.code == "invalid_setting"
    assert file.current == Settings()
    assert not (tmp_path / "settings.json").exists()


@given(st.binary(max_size=60) | st.sampled_from([b'{"proxy":"x"}', b'{"notifications":3}', b"[]"]))
def test_an_invalid_settings_file_is_set_aside(tmp_path_factory: object, data: bytes) -> None:
    assert isinstance(tmp_path_factory, pytest.TempPathFactory)
    path = tmp_path_factory.mktemp("s") / "settings.json"
    path.write_bytes(data)
    assert SettingsFile(path).current == Settings() or path.exists()
    assert path.exists() or path.with_name("settings.json.aside-1").read_bytes() == data


def test_a_setting_that_cannot_be_saved_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    file = SettingsFile(path)
    path.mkdir()
    with pytest.raises(StorageFailed):
        file.change(SettingsParams(notifications=False))
    assert file.current == Settings()
