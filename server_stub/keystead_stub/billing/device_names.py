"""Names of devices, which whoever holds a device chooses. Pure."""

from __future__ import annotations

import re
import unicodedata

#: In characters. A mail shows no more of a name than a person needs to recognise the device.
_MAX_QUOTED = 40
#: Separators of lines, paragraphs and words become a space. Other characters of these categories
#: are removed: controls, formats (which turn the direction of what follows), halves of pairs,
#: private ones and unassigned ones.
_SPACES = frozenset({"Zs", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
#: Mail programs make links of these: addresses with a scheme, a path or an @, and names of hosts.
_ADDRESS = re.compile(r"\S*(?:[/\\@:]|www\.)\S*", re.IGNORECASE)
_IP_ADDRESS = re.compile(r"\S*\d+(?:\.\d+){3}\S*")
#: The full stops that separate the labels of a host's name (RFC 3490 §3.1).
_DOMAIN = re.compile(r"(\w)[.\u3002\uff0e\uff61][^\W\d_]\S*")
_QUOTES = re.compile('["\u00ab\u00bb\u201c-\u201f\u2039\u203a]')


def one_line(name: str | None) -> str | None:
    """Return the name as one line of printable characters; null if nothing is left of it."""
    if name is None:
        return None
    return " ".join("".join(map(_printable, name)).split()) or None


def quoted(name: str | None) -> str | None:
    """Return the name in quotation marks, for a text that a stranger may cause us to send.

    It holds nothing that a mail program makes a link of, and nothing that ends the quotation. Null
    if nothing is left of it.
    """
    # Full-width letters and the like would become a link once a program normalises them.
    text = one_line(unicodedata.normalize("NFKC", name or ""))
    if text is None:
        return None
    for pattern, kept in ((_ADDRESS, ""), (_IP_ADDRESS, ""), (_DOMAIN, r"\1"), (_QUOTES, "")):
        text = pattern.sub(kept, text)
    text = " ".join(text.split())[:_MAX_QUOTED].strip()
    return f"“{text}”" if text else None


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES or character in "\t\n\r\v\f\x85":
        return " "
    return "" if category in _INVISIBLE else character
