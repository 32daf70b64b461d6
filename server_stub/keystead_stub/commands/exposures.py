"""How `serve` is reached by others: what flags, environment and config file say of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from keystead.errors import InvalidInput
from keystead.loopback import is_loopback
from keystead_stub.http.exposure import CONTROL_HEADER, Exposure
from keystead_stub.http.public_address import Network, read_networks, read_public_url
from keystead_stub.ops.config_file import ConfigFile
from keystead_stub.settings import is_placeholder, mode_of, with_own_names

PUBLIC_URL = "KEYSTEAD_STUB_PUBLIC_URL"
TRUSTED_PROXIES = "KEYSTEAD_STUB_TRUSTED_PROXIES"
CONTROL_TOKEN = "KEYSTEAD_STUB_CONTROL_TOKEN"


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How a backend is reached, before it has an address."""

    public_url: str | None
    trusted_proxies: tuple[Network, ...]
    control_token: str | None

    def __repr__(self) -> str:
        # A representation ends up in logs.
        return f"Reached(public_url={self.public_url!r})"

    def at(self, url: str) -> Exposure:
        """Return the exposure of a backend that listens at this URL."""
        return Exposure(
            url=url,
            public_url=self.public_url or url,
            behind_proxy=self.public_url is not None,
            trusted_proxies=self.trusted_proxies,
            control_token=self.control_token,
        )


def read(
    environ: Mapping[str, str],
    *,
    host: str,
    public_url: str | None = None,
    trusted_proxies: str | None = None,
    config: ConfigFile | None = None,
) -> Reached:
    """Read how a backend that listens at `host` is reached: flags, environment, config file.

    Raises InvalidInput (``invalid_public_url``, ``invalid_trusted_proxies``,
    ``invalid_control_token``, ``not_loopback``).
    """
    serving = config.serving if config else {}
    public_url = public_url or environ.get(PUBLIC_URL) or serving.get("public_url")
    proxies = trusted_proxies or environ.get(TRUSTED_PROXIES) or serving.get("trusted_proxies")
    values = config.under(environ) if config else environ
    given = with_own_names(values).get("STRIPE_SECRET_KEY", "").strip()
    simulated = mode_of(given) == "simulated"
    reached = Reached(
        public_url=read_public_url(public_url) if public_url else None,
        trusted_proxies=read_networks(proxies or ""),
        # Elsewhere nothing is there that it would open.
        control_token=_control_token(environ) if simulated else None,
    )
    _refuse_open_controls(host, reached, simulated=simulated)
    return reached


def configured_url(environ: Mapping[str, str], config: ConfigFile) -> str | None:
    """Return the public URL of the environment or the config file, for commands beside `serve`.

    Raises InvalidInput (``invalid_public_url``).
    """
    found = environ.get(PUBLIC_URL) or config.serving.get("public_url")
    return read_public_url(found) if found else None


def control_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers by which a command authenticates at a stub with a control token."""
    token = environ.get(CONTROL_TOKEN)
    return {CONTROL_HEADER: token} if token else {}


def _control_token(environ: Mapping[str, str]) -> str | None:
    token = environ.get(CONTROL_TOKEN, "").strip()
    if not token:
        return None
    if is_placeholder(token) or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput(
            f"{CONTROL_TOKEN} is a template's example, or has characters that no header can have.",
            code="invalid_control_token",
            remedy="Generate one with `openssl rand -hex 32`.",
        )
    return token


def _refuse_open_controls(host: str, reached: Reached, *, simulated: bool) -> None:
    if is_loopback(host):
        return
    if simulated and reached.control_token is None:
        raise InvalidInput(
            "With a simulated Stripe the stub listens on loopback addresses only, because anybody "
            "could use its controls.",
            code="not_loopback",
            remedy=f"Use --host 127.0.0.1, or set {CONTROL_TOKEN}: the controls then ask for it.",
        )
    if not simulated and reached.public_url is None:
        raise InvalidInput(
            "The backend does not know the address that its clients use.",
            code="not_loopback",
            remedy="Name it by --public-url, or use --host 127.0.0.1.",
        )
