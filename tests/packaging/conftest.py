"""The packages of two vendors, staged once for all tests of a process."""

from __future__ import annotations

import pytest

from support.staged_packages import EXAMPLE, StagedPackage, stage_package, write_acme


@pytest.fixture(scope="session")
def nyra(tmp_path_factory: pytest.TempPathFactory) -> StagedPackage:
    return stage_package(EXAMPLE, tmp_path_factory.mktemp("nyra"))


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> StagedPackage:
    folder = tmp_path_factory.mktemp("acme")
    return stage_package(write_acme(folder / "profile"), folder)
