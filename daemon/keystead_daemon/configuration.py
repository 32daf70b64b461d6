"""The daemon's configuration: profile, folders and the user's choices (specification §11.2).

Flags win over ``KEYSTEAD_*``, these over the user's config, that over the profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from keystead.bootstrap import decode_text, find_profile
from keystead.contract import REPLACED_PROFILES
from keystead.errors import InvalidInput, InvalidProfile
from keystead.files import read_file
from keystead.paths import Paths, paths_of
from keystead.profile import (
    Profile,
    checked_secrets,
    load_profile,
    with_environment,
)

_MAX_BYTES = 64 * 1024
#: More versions of a profile than a vendor has on one computer.
_MAX_REPLACED = 32


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """``profile.secrets`` is the effective choice of the secret store.

    ``replaced_profiles`` are the digests of the profiles whose daemon this one replaces.
    """

    profile: Profile
    profile_path: Path
    paths: Paths
    replaced_profiles: tuple[str, ...] = ()


def configure(profile: str | None, home: str | None, environ: Mapping[str, str]) -> Configuration:
    """Return the configuration from flags and environment. Raises InvalidInput, StorageFailed."""
    path = _profile_path(profile, environ)
    shipped = load_profile(path)
    home = home or environ.get("KEYSTEAD_HOME") or None
    # The user's config is in a folder named after the product, so the profile is read first.
    paths = paths_of(shipped.product_id, home)
    chosen = msgspec.structs.replace(shipped, secrets=_secrets(paths) or shipped.secrets)
    return Configuration(
        profile=with_environment(chosen, environ),
        profile_path=path,
        paths=paths,
        replaced_profiles=tuple(environ.get(REPLACED_PROFILES, "").split())[-_MAX_REPLACED:],
    )


def profile_outdated(configuration: Configuration) -> bool:
    """Return whether the profile's file is another profile now; false where it can't be read."""
    try:
        return load_profile(configuration.profile_path).digest != configuration.profile.digest
    except InvalidProfile:
        return False


def _profile_path(named: str | None, environ: Mapping[str, str]) -> Path:
    found = find_profile(named, environ)
    if found is not None:
        return Path(found)
    raise InvalidProfile(
        "No profile was found, so it is not known which product this is for.",
        code="no_profile",
        remedy="Name the file that came with the program: --profile FILE, or KEYSTEAD_PROFILE.",
    )


class _Storage(msgspec.Struct):
    secrets: str | None = None


class _UserConfig(msgspec.Struct):
    storage: _Storage = msgspec.field(default_factory=_Storage)


def _secrets(paths: Paths) -> str | None:
    """Return the user's choice of the secret store, from the config file."""
    data = read_file(paths.config_file, _MAX_BYTES)
    if data is None:
        return None
    import tomllib

    try:
        config = msgspec.convert(tomllib.loads(decode_text(data)), _UserConfig)
    except (ValueError, msgspec.ValidationError):
        raise InvalidInput(
            f"Can't read the settings in {paths.config_file.name}.",
            code="invalid_config",
            values={"file": paths.config_file.name},
            remedy="Correct the file, or remove it.",
        ) from None
    return None if config.storage.secrets is None else checked_secrets(config.storage.secrets)
