"""A private X screen, with a window manager's functions: list windows and close them.

It uses libX11, which Qt needs anyway; the structure sizes are those of 64-bit machines.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from types import TracebackType
from typing import Self

_VIEWABLE = 2
_CLIENT_MESSAGE = 33


class _ClientMessage(Structure):
    """XClientMessageEvent, padded to the size of XEvent."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
        ("padding", c_long * 16),
    )


class _Attributes(Structure):
    """XWindowAttributes."""

    _fields_ = (
        *((name, c_int) for name in ("x", "y", "width", "height", "border_width", "depth")),
        ("visual", c_void_p),
        ("root", c_ulong),
        *((name, c_int) for name in ("window_class", "bit_gravity", "win_gravity", "store")),
        ("backing_planes", c_ulong),
        ("backing_pixel", c_ulong),
        ("save_under", c_int),
        ("colormap", c_ulong),
        ("map_installed", c_int),
        ("map_state", c_int),
        ("masks", c_long * 3),
        ("override_redirect", c_int),
        ("screen", c_void_p),
    )


class XScreen:
    """``name`` is what programs find it by. A context manager."""

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            ("Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x800x24", "-nolisten", "tcp"),
            pass_fds=(writing,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as said:
            self.name = f":{said.readline().strip()}"
        self._x = _library()
        self._display = self._x.XOpenDisplay(self.name.encode())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._x.XCloseDisplay(self._display)
        self._process.terminate()
        self._process.wait()

    def windows(self) -> list[int]:
        """Return the visible windows of all programs, the topmost last."""
        root, parent, count = c_ulong(), c_ulong(), c_uint()
        children = POINTER(c_ulong)()
        top = self._x.XDefaultRootWindow(self._display)
        self._x.XQueryTree(
            self._display, top, byref(root), byref(parent), byref(children), byref(count)
        )
        found = [children[i] for i in range(count.value)]
        if found:
            self._x.XFree(children)
        return [one for one in found if self._is_seen(one)]

    def close_window(self, window: int) -> None:
        """Request that a window closes, as its close button does (ICCCM §4.2.8.1)."""
        atoms = [
            self._x.XInternAtom(self._display, name, 0)
            for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")
        ]
        event = _ClientMessage(
            type=_CLIENT_MESSAGE, window=window, message_type=atoms[0], format=32
        )
        event.data[0] = atoms[1]
        self._x.XSendEvent(self._display, window, 0, 0, byref(event))
        self._x.XFlush(self._display)

    def _is_seen(self, window: int) -> bool:
        found = _Attributes()
        self._x.XGetWindowAttributes(self._display, window, byref(found))
        # Qt has small internal windows that are not visible to users.
        return bool(found.map_state == _VIEWABLE and min(found.width, found.height) > 100)


def _library() -> ctypes.CDLL:
    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype = c_void_p
    x.XOpenDisplay.argtypes = [c_char_p]
    x.XCloseDisplay.argtypes = [c_void_p]
    x.XDefaultRootWindow.restype = c_ulong
    x.XDefaultRootWindow.argtypes = [c_void_p]
    x.XQueryTree.argtypes = [c_void_p, c_ulong, *([c_void_p] * 4)]
    x.XFree.argtypes = [c_void_p]
    x.XInternAtom.restype = c_ulong
    x.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
    x.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, c_void_p]
    x.XFlush.argtypes = [c_void_p]
    x.XGetWindowAttributes.argtypes = [c_void_p, c_ulong, c_void_p]
    return x
