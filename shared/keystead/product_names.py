"""Every name on a machine that follows from a product's id, so that two products share none.

Names end in their program's and begin with the product's id (``acme-notes-keysteadd``). No ending
is the end of another, so the names of two products never meet: with a prefix, the window of ``x``
(``keystead-desktop-x``) and the command of ``desktop-x`` would be one file.
"""

from __future__ import annotations

COMMAND = "keystead"
DAEMON = "keysteadd"
WINDOW = "keystead-desktop"
PROGRAMS = (COMMAND, DAEMON, WINDOW)

_MAX_ID = 64
_LETTERS_AND_DIGITS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_WITHIN_ID = _LETTERS_AND_DIGITS | frozenset("._-")
#: Windows opens a device and no file by these names, with any ending (`nul.txt`).
_DEVICES = frozenset(
    ("aux", "con", "nul", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)


def product_id_problem(text: str) -> str | None:
    """Return what is wrong with a product id, as the end of a sentence; None if it is valid.

    It becomes the name of folders (so neither ``..`` nor ``/``), of a Debian package (two
    characters or more), a systemd unit, a URL scheme, an AppStream id and, on Windows, a folder
    (no dot at its end, no device's name).
    """
    if not 2 <= len(text) <= _MAX_ID:
        return f"product.id has to have 2 to {_MAX_ID} characters"
    if not _WITHIN_ID.issuperset(text):
        return "product.id has to be lower-case letters, digits, '.', '_' or '-'"
    if not _LETTERS_AND_DIGITS.issuperset((text[0], text[-1])):
        return "product.id has to begin and end with a letter or digit"
    if ".." in text:
        return "product.id cannot have two dots in a row"
    if text.partition(".")[0] in _DEVICES:
        return "product.id is the name of a device on Windows; choose another"
    return None


def is_product_id(text: str) -> bool:
    """Return whether a product id is valid."""
    return product_id_problem(text) is None


def program_name(product_id: str, program: str) -> str:
    """Return what one of `PROGRAMS` is called for a product: its launcher, unit and man page."""
    return f"{product_id}-{program}"


def desktop_id(product_id: str) -> str:
    """Return the name of the menu entry and the icon, and the window's application id."""
    return f"{product_id}-{COMMAND}"


def application_id(product_id: str) -> str:
    """Return the product's name in reverse-domain form, for AppStream, launchd and macOS."""
    return f"org.keystead.{product_id}"


def package_name(product_id: str) -> str:
    """Return the name of the product's package.

    Neither Debian's packages nor URL schemes may have an underscore. No id has a plus, which both
    may have.
    """
    return product_id.replace("_", "+")


def install_folder(product_id: str) -> str:
    """Return the folder of an installed package's programs on Linux."""
    return f"/opt/{product_id}-{COMMAND}"


def link_scheme(product_id: str) -> str:
    """Return the URL scheme of links that open the product's window (RFC 3986 §3.1)."""
    return f"keystead-{package_name(product_id)}"


def activated_link(product_id: str) -> str:
    """Return the link by which a page in the browser calls the window back."""
    return f"{link_scheme(product_id)}://activated"
