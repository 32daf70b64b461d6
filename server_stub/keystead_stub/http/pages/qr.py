"""QR codes that a page embeds, without requesting an image."""

from __future__ import annotations

import segno


def data_url(text: str) -> str | None:
    """Return the code as a `data:` URL of an SVG, or null where the text is too long for one."""
    try:
        # The lowest error correction leaves most room, and a screen has no stains.
        code = segno.make_qr(text, error="l")
    except segno.DataOverflowError:
        return None
    # Dark on light with a quiet zone, on a dark page too, because cameras need it.
    return str(code.svg_data_uri(scale=4, border=4, dark="#000", light="#fff"))
