"""The profile that a vendor ships: product, backend and pinned keys (specification §11.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from keystead.bootstrap import decode_text
from keystead.capabilities import CAPABILITIES_BY_API
from keystead.contract import DEFAULT_BILLING_API, MAX_PROFILE_BYTES
from keystead.errors import InvalidDocument, InvalidInput, InvalidProfile
from keystead.key_manifest import check_separate
from keystead.keys import KeySet
from keystead.loopback import is_loopback
from keystead.package_table import PackageTable, package_problem
from keystead.product_names import product_id_problem
from keystead.profile_digest import profile_digest
from keystead.sign_in import AuthorizationServer
from keystead.wire.sign_in import AUTHORIZE, CLIENT_ID, REVOKE, TOKEN

SECRET_STORES = ("keyring", "file")
_HTTP = re.compile(r"http://([\w.-]+|\[[\w:.]+\])(:\d{1,5})?(/.*)?", re.ASCII)
_HTTPS = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?")
_EMAIL = re.compile(r"[^\s<>@]+@[^\s<>@]+")
#: What msgspec says of a field that it does not know, and where.
_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`(?: - at `\$\.(.+)`)?")
_QUERY = re.compile(r"[!-~]*")


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A validated profile; ``keys`` are the signing keys that the program knows from the start.

    ``root`` are the keys that may sign a key manifest (`keystead.key_manifest`), which replaces
    ``keys``. With None nothing replaces them.

    ``secrets`` is one of `SECRET_STORES`. The configured values are None where the profile leaves
    them out; use `offline_page` and `sign_in`, which apply the defaults.
    """

    product_id: str
    product_name: str
    backend_url: str
    billing_api: str
    keys: KeySet
    #: `keystead.profile_digest` of the profile as it was written.
    digest: str
    root: KeySet | None = None
    support_email: str | None = None
    secrets: str = "keyring"
    configured_offline_page: str | None = None
    configured_sign_in: AuthorizationServer | None = None
    package: PackageTable = PackageTable()

    @property
    def sign_in(self) -> AuthorizationServer | None:
        """The authorization server of a billing API that requires people to sign in.

        Defaults to the stub's for a backend on loopback, and to None for any other.
        """
        parts = urlsplit(self.backend_url)
        if self.configured_sign_in is not None or parts.scheme != "http":
            return self.configured_sign_in
        # Only loopback backends may use http, so this is a development stub. It has its own
        # authorization server, which no profile needs to name.
        origin = f"{parts.scheme}://{parts.netloc}"
        return AuthorizationServer(
            authorize=f"{origin}{AUTHORIZE}?api={self.billing_api}",
            token=f"{origin}{TOKEN}",
            client_id=CLIENT_ID,
            revoke=f"{origin}{REVOKE}",
        )

    @property
    def offline_page(self) -> str:
        """The page that activates offline devices: a URL without query and fragment."""
        return self.configured_offline_page or f"{self.backend_url}/offline"

    @property
    def issuers(self) -> tuple[str, ...]:
        """The accepted ``iss`` values: the backend's URL, and its origin.

        A backend that is served under a path may use its origin as its issuer.
        """
        parts = urlsplit(self.backend_url)
        return tuple(dict.fromkeys((self.backend_url, f"{parts.scheme}://{parts.netloc}")))


class VendorProduct(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor's own profile says of the product, whatever its backend and keys are."""

    product_id: str
    product_name: str
    billing_api: str
    support_email: str | None = None


# A key that is not known is refused: a mistyped one would be a default instead.
class _Product(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str | None = None
    support_email: str | None = None


class _Backend(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    billing_api: str = DEFAULT_BILLING_API
    offline_page: str | None = None


class _SignIn(msgspec.Struct, forbid_unknown_fields=True):
    authorize: str
    token: str
    client_id: str = CLIENT_ID
    revoke: str | None = None


class _Trust(msgspec.Struct, forbid_unknown_fields=True):
    keys: str | dict[str, Any]
    root: str | dict[str, Any] | None = None


class _Storage(msgspec.Struct, forbid_unknown_fields=True):
    secrets: str = "keyring"


class _Draft(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A profile that may have no backend and no keys yet."""

    product: _Product
    backend: _Backend | None = None
    trust: _Trust | None = None
    storage: _Storage = msgspec.field(default_factory=_Storage)
    sign_in: _SignIn | None = None
    package: PackageTable = PackageTable()


class _File(_Draft, kw_only=True, forbid_unknown_fields=True):
    backend: _Backend
    trust: _Trust


def load_profile(source: Path | str) -> Profile:
    """Load a profile from a file, or from ``source`` itself where it is a text with a line break.

    A text has its keys in itself, or names their absolute path.

    Raises InvalidProfile.
    """
    if isinstance(source, str) and "\n" in source:
        return parse_profile(source, None)
    path = Path(source)
    try:
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or "unknown"
        raise InvalidProfile(
            f"The profile {path} could not be read: {why}.",
            code="profile_unreadable",
            values={"file": str(path), "why": why},
        ) from None
    if len(data) > MAX_PROFILE_BYTES:
        raise _invalid("it is too large")
    try:
        text = decode_text(data)
    except UnicodeDecodeError:
        raise _invalid("it is not UTF-8") from None
    return parse_profile(text, path.absolute().parent)


def parse_profile(text: str, folder: Path | None) -> Profile:
    """Parse a profile's TOML text. A key file that it names is relative to ``folder``.

    Without a folder its path has to be absolute.

    Raises InvalidProfile.
    """
    file = _parse(text, _File)
    _check_product(file)
    _check_billing_api(file.backend)
    keys, root = _trust(file.trust, folder)
    return Profile(
        product_id=file.product.id,
        product_name=file.product.name or file.product.id,
        support_email=file.product.support_email,
        backend_url=checked_backend_url(file.backend.url),
        billing_api=file.backend.billing_api,
        keys=keys,
        root=root,
        secrets=checked_secrets(file.storage.secrets),
        configured_offline_page=_offline_page(file.backend.offline_page),
        configured_sign_in=_sign_in(file.sign_in),
        digest=_digest(text, folder),
        package=file.package,
    )


def parse_vendor_profile(text: str) -> VendorProduct:
    """Parse a profile that is rehearsed with another backend and other keys than its own.

    Those may not exist yet, and keys are not read. Raises InvalidProfile for whatever it has that
    `parse_profile` refuses.
    """
    file = _parse(text, _Draft)
    _check_product(file)
    if file.backend is not None:
        _check_billing_api(file.backend)
        checked_backend_url(file.backend.url)
        _offline_page(file.backend.offline_page)
    checked_secrets(file.storage.secrets)
    _sign_in(file.sign_in)
    return VendorProduct(
        product_id=file.product.id,
        product_name=file.product.name or file.product.id,
        support_email=file.product.support_email,
        billing_api=(file.backend or _Backend(url="")).billing_api,
    )


def _check_product(file: _Draft) -> None:
    problem = (
        product_id_problem(file.product.id)
        or _product_problem(file.product)
        or package_problem(file.package)
    )
    if problem is not None:
        raise _invalid(problem)


def _check_billing_api(backend: _Backend) -> None:
    if backend.billing_api not in CAPABILITIES_BY_API:
        raise _invalid(f"backend.billing_api has to be one of {', '.join(CAPABILITIES_BY_API)}")


def with_environment(profile: Profile, environ: Mapping[str, str]) -> Profile:
    """Apply ``KEYSTEAD_SECRETS``, the only setting that a user's environment may override.

    Raises InvalidProfile.
    """
    secrets = environ.get("KEYSTEAD_SECRETS")
    if not secrets:
        return profile
    return msgspec.structs.replace(profile, secrets=checked_secrets(secrets))


def checked_backend_url(url: str, name: str = "backend.url") -> str:
    """Return the URL without a trailing slash. ``name`` is the setting's name for the error.

    Raises InvalidProfile unless it is https, or http on loopback.
    """
    http = _HTTP.fullmatch(url)
    if not (_HTTPS.fullmatch(url) or (http and is_loopback(http[1].strip("[]")))):
        raise _invalid(f"{name} has to begin with https:// (http:// for loopback only)")
    return url.rstrip("/")


def checked_secrets(secrets: str) -> str:
    """Return ``secrets``. Raises InvalidProfile unless it is one of `SECRET_STORES`."""
    if secrets not in SECRET_STORES:
        raise _invalid(f"storage.secrets has to be one of {', '.join(SECRET_STORES)}")
    return secrets


def _product_problem(product: _Product) -> str | None:
    """Return what is wrong with the texts about a product: they appear on one line everywhere."""
    if product.name is not None and not (product.name.strip() and product.name.isprintable()):
        return "product.name has to be a line of text"
    if product.support_email is not None and not _EMAIL.fullmatch(product.support_email):
        return "product.support_email is not an email address"
    return None


def _offline_page(url: str | None) -> str | None:
    return None if url is None else checked_backend_url(url, "backend.offline_page")


def _sign_in(named: _SignIn | None) -> AuthorizationServer | None:
    if named is None:
        return None
    # An authorization endpoint may have a query of its own (RFC 6749 §3.1).
    page, mark, query = named.authorize.partition("?")
    if "#" in query or not _QUERY.fullmatch(query):
        raise _invalid("sign_in.authorize is not a valid URL")
    return AuthorizationServer(
        authorize=checked_backend_url(page, "sign_in.authorize") + mark + query,
        token=checked_backend_url(named.token, "sign_in.token"),
        client_id=named.client_id,
        revoke=named.revoke and checked_backend_url(named.revoke, "sign_in.revoke"),
    )


_F = TypeVar("_F", bound=_Draft)


def _parse(text: str, form: type[_F]) -> _F:
    import tomllib

    try:
        return msgspec.convert(tomllib.loads(text.removeprefix("\ufeff")), form)
    except tomllib.TOMLDecodeError as error:
        raise _invalid(f"it is not TOML ({error})") from None
    except RecursionError:
        raise _invalid("it is not TOML (nested too deeply)") from None
    except msgspec.ValidationError as error:
        raise _invalid(_named(str(error))) from None


def _named(error: str) -> str:
    """Return msgspec's words with key and table as a profile spells them."""
    unknown = _UNKNOWN.fullmatch(error)
    if unknown is None:
        return error.replace("Object missing required field", "missing key").replace("`$.", "`")
    key, table = unknown[1], unknown[2]
    return f'unknown key "{key}" in [{table}]' if table else f'unknown key or table "{key}"'


def _trust(named: _Trust, folder: Path | None) -> tuple[KeySet, KeySet | None]:
    keys = _keys("trust.keys", named.keys, folder)
    if named.root is None:
        return keys, None
    root = _keys("trust.root", named.root, folder)
    try:
        check_separate(keys, root)
    except InvalidDocument:
        raise _invalid("a key in trust.root is also in trust.keys") from None
    return keys, root


def _keys(name: str, named: str | dict[str, Any], folder: Path | None) -> KeySet:
    path = _key_file(name, named, folder) if isinstance(named, str) else None
    try:
        if path is not None:
            return KeySet.from_jwks(decode_text(path.read_bytes()))
        return KeySet.from_jwks(msgspec.json.encode(named))
    except UnicodeDecodeError:
        raise _invalid(f"{name} is not UTF-8") from None
    except OSError as error:
        raise _invalid(f"{name} could not be read ({error.strerror})") from None
    except InvalidInput as error:
        raise _invalid(f"{name}: {error.sentence}") from None


def _digest(text: str, folder: Path | None) -> str:
    """Return the digest of a valid profile. Raises InvalidProfile where a file has just gone."""
    try:
        return profile_digest(
            text, lambda name: decode_text(((folder or Path()) / name).read_bytes())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _invalid("its keys could not be read again") from None


def _key_file(name: str, named: str, folder: Path | None) -> Path:
    path = Path(named)
    if folder is None and not path.is_absolute():
        # The current folder must not decide which keys are trusted.
        raise _invalid(f"{name} of a profile without a file has to be the keys themselves")
    return path if folder is None else folder / path


def _invalid(why: str) -> InvalidProfile:
    return InvalidProfile(
        f"The profile cannot be used: {why}.",
        remedy="Ask the vendor for a new profile.",
        values={"why": why},
    )
