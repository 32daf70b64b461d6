"""The vendor's own files for a rehearsal: the profile that is shipped, and the catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import tomlkit

from keystead.bootstrap import decode_text
from keystead.errors import InvalidInput
from keystead.files import read_file
from keystead.keys import KeySet
from keystead.profile import parse_vendor_profile
from keystead_stub.billing.vendor import catalogue_file
from keystead_stub.billing.vendor.catalogue_file import VendorCatalogue
from keystead_stub.http.product import EXAMPLE, Product
from keystead_stub.ops.run_files import EXAMPLE_PROFILE

#: The billing API without a profile that names one.
DEFAULT_API = "nyra"
PROFILE_CODE = "invalid_profile"
#: Of files that were named on the command line: a mistake of usage.
CODES = frozenset({PROFILE_CODE, catalogue_file.CODE})
_MAX_BYTES = 256 * 1024


class VendorProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's profile: its text as it is shipped, and what the rehearsal takes from it."""

    text: str
    product: Product
    billing_api: str


class VendorFiles(msgspec.Struct, frozen=True, kw_only=True):
    """What is rehearsed; null for the example's."""

    profile: VendorProfile | None = None
    catalogue: VendorCatalogue | None = None

    @property
    def product(self) -> Product:
        return self.profile.product if self.profile else EXAMPLE

    @property
    def billing_api(self) -> str:
        return self.profile.billing_api if self.profile else DEFAULT_API

    @property
    def profile_text(self) -> str:
        """The profile as it is shipped."""
        return self.profile.text if self.profile else EXAMPLE_PROFILE


def load(profile: Path | str | None, catalogue: Path | str | None) -> VendorFiles:
    """Read both files. A text with a line break is the file's own text.

    Raises InvalidInput with one of `CODES`; the sentence names file, table and key.
    """
    return VendorFiles(
        profile=_profile(profile) if profile is not None else None,
        catalogue=_catalogue(catalogue) if catalogue is not None else None,
    )


def _profile(source: Path | str) -> VendorProfile:
    text = _text(source, "profile", PROFILE_CODE)
    try:
        vendor = parse_vendor_profile(text)
    except InvalidInput as error:
        raise _in_file(source, error) from None
    return VendorProfile(
        text=_with_root(source, text),
        product=Product(
            id=vendor.product_id, name=vendor.product_name, support_email=vendor.support_email
        ),
        billing_api=vendor.billing_api,
    )


def _with_root(source: Path | str, text: str) -> str:
    """Return the profile with its root keys in it, because the run's copy is in another folder.

    Keys that are not there yet are left out, as in a profile that is only just being written.
    """
    document = tomlkit.parse(text.removeprefix("\ufeff"))
    trust = document.get("trust", {})
    named = trust.get("root")
    if not isinstance(named, str):
        return text
    path = None if _is_text(source) else Path(source).absolute().parent / named
    data = read_file(path, _MAX_BYTES) if path is not None else None
    if data is None:
        del trust["root"]
    else:
        try:
            trust["root"] = json.loads(KeySet.from_jwks(data).to_jwks())
        except InvalidInput as error:
            raise _in_file(
                source, InvalidInput(f"trust.root: {error.sentence}", code=PROFILE_CODE)
            ) from None
    return tomlkit.dumps(document)


def _catalogue(source: Path | str) -> VendorCatalogue:
    text = _text(source, "catalogue", catalogue_file.CODE)
    try:
        return catalogue_file.parse(text)
    except InvalidInput as error:
        raise _in_file(source, error) from None


def _in_file(source: Path | str, error: InvalidInput) -> InvalidInput:
    named = "" if _is_text(source) else f"{source}: "
    return InvalidInput(f"{named}{error.sentence}", code=error.code)


def _is_text(source: Path | str) -> bool:
    return isinstance(source, str) and "\n" in source


def _text(source: Path | str, what: str, code: str) -> str:
    if isinstance(source, str) and "\n" in source:
        return source
    path = Path(source)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise InvalidInput(f"The {what} {path} is too large.", code=code)
        return decode_text(data)
    except OSError as error:
        why = error.strerror or "unknown"
        raise InvalidInput(f"The {what} {path} could not be read: {why}.", code=code) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"The {what} {path} is not UTF-8.", code=code) from None
