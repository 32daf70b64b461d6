"""Linux: whether the boot clock and the boot id are the machine's own.

Any user can have a boot clock of their own in a time namespace (time_namespaces(7)), and a boot id
of their own by a file that is mounted over the kernel's. So both are believed only where

* ``/proc`` is a real procfs,
* nothing is mounted over this process's folder of namespaces, and its time namespace is the
  initial one,
* the boot id is a file of that procfs and not the root of a mount.

A container and a hardened service mount parts of ``/proc`` again, such as ``/proc/sys`` to make it
read-only. That changes the mount of the boot id and not the file, so it is still believed.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import NamedTuple

#: The initial time namespace's inode (include/linux/proc_ns.h, PROC_TIME_INIT_INO).
INITIAL_TIME_NAMESPACE = "time:[4026531834]"
_BOOT_ID = "sys/kernel/random/boot_id"
_MAX_BYTES = 128

# statx(2) and statfs(2).
_AT_EMPTY_PATH, _AT_SYMLINK_NOFOLLOW = 0x1000, 0x100
_STATX_MNT_ID, _STATX_ATTR_MOUNT_ROOT = 0x1000, 0x2000
_STATX_BYTES = 256
#: struct statx: mask, attributes at 8, attribute mask at 56, device at 136, mount id at 144.
_STATX = struct.Struct("=I4xQ40xQ72xQQ")
_STATFS_BYTES = 512
_PROC_SUPER_MAGIC = 0x9FA0


class MountedFile(NamedTuple):
    """Where a file is mounted. ``mount_id`` and ``is_root`` are None on a kernel before 5.8."""

    device: int
    mount_id: int | None
    is_root: bool | None


class ProcView(NamedTuple):
    """What was found in ``/proc``; a part that is missing is None.

    ``namespaces`` is ``/proc/self/ns`` and ``time_link`` the link ``time`` in it, with its target
    in ``time_namespace``.
    """

    is_procfs: bool
    proc: MountedFile
    namespaces: MountedFile | None
    time_link: MountedFile | None
    time_namespace: str | None
    boot_id_file: MountedFile | None
    boot_id: str


def is_machines_own(view: ProcView) -> bool:
    """Return whether boot clock and boot id are the machine's. Pure."""
    proc, namespaces, boot_id_file = view.proc, view.namespaces, view.boot_id_file
    if not view.is_procfs or namespaces is None or boot_id_file is None:
        return False
    if (namespaces.device, namespaces.mount_id) != (proc.device, proc.mount_id):
        return False
    if view.time_link is not None and (
        (view.time_link.device, view.time_link.mount_id) != (proc.device, proc.mount_id)
        or view.time_namespace != INITIAL_TIME_NAMESPACE
    ):
        return False
    # Without the link the kernel has no time namespaces: its boot clock is the machine's.
    return boot_id_file.device == proc.device and not boot_id_file.is_root


def look(proc: str = "/proc") -> ProcView | None:
    """Return what is found in ``proc``, None if it can't be opened."""
    try:
        folder = os.open(proc, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _look_into(folder)
    except OSError:
        return None
    finally:
        os.close(folder)


def _look_into(folder: int) -> ProcView:
    namespaces = time_link = time_namespace = None
    opened = _open(folder, "self/ns", os.O_PATH | os.O_DIRECTORY)
    if opened is not None:
        try:
            namespaces = _mounted(opened)
            time_link, time_namespace = _time_namespace(opened)
        finally:
            os.close(opened)
    boot_id_file, boot_id = None, ""
    opened = _open(folder, _BOOT_ID, os.O_RDONLY)
    if opened is not None:
        # Looked at and read through one descriptor, so nothing can be mounted in between.
        try:
            boot_id_file = _mounted(opened)
            boot_id = os.read(opened, _MAX_BYTES).decode("ascii", "replace").strip()
        finally:
            os.close(opened)
    return ProcView(
        is_procfs=_is_procfs(folder),
        proc=_mounted(folder),
        namespaces=namespaces,
        time_link=time_link,
        time_namespace=time_namespace,
        boot_id_file=boot_id_file,
        boot_id=boot_id,
    )


def _open(folder: int, name: str, flags: int) -> int | None:
    try:
        return os.open(name, flags | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None


def _time_namespace(namespaces: int) -> tuple[MountedFile | None, str | None]:
    try:
        return _mounted(namespaces, b"time"), os.readlink("time", dir_fd=namespaces)
    except FileNotFoundError:
        return None, None


def _mounted(folder: int, name: bytes = b"") -> MountedFile:
    """Return where a descriptor, or the name in it without following a link, is mounted."""
    libc = ctypes.CDLL(None, use_errno=True)
    found = ctypes.create_string_buffer(_STATX_BYTES)
    flags = _AT_SYMLINK_NOFOLLOW | (0 if name else _AT_EMPTY_PATH)
    try:
        failed = libc.statx(folder, name, flags, _STATX_MNT_ID, found)
    except AttributeError:
        # A C library without statx: only devices can be compared.
        return _device_of(folder, name)
    if failed:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    mask, attributes, known, device, mount_id = _STATX.unpack_from(found)
    return MountedFile(
        device=device,
        mount_id=mount_id if mask & _STATX_MNT_ID else None,
        is_root=bool(attributes & _STATX_ATTR_MOUNT_ROOT)
        if known & _STATX_ATTR_MOUNT_ROOT
        else None,
    )


def _device_of(folder: int, name: bytes) -> MountedFile:
    if not name:
        return MountedFile(os.fstat(folder).st_dev, None, None)
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return MountedFile(status.st_dev, None, None)


def _is_procfs(folder: int) -> bool:
    found = ctypes.create_string_buffer(_STATFS_BYTES)
    if ctypes.CDLL(None).fstatfs(folder, found):
        return False
    # struct statfs begins with f_type, a machine word whose sign is not used here.
    return bool(ctypes.c_ulong.from_buffer(found).value & 0xFFFFFFFF == _PROC_SUPER_MAGIC)
