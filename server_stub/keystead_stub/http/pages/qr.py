"""A text as a QR code that a page can hold without asking anybody for a picture."""

from __future__ import annotations

import segno


def picture(text: str) -> str | None:
    """The code as a `data:` address of an SVG, or null where the text is too long for one."""
    try:
        code = segno.make_qr(text, error="l")
    except segno.DataOverflowError:
        return None
    # Dark on light with its quiet zone, on a dark page too: that is what cameras read.
    return str(code.svg_data_uri(scale=4, border=4, dark="#000", light="#fff"))
