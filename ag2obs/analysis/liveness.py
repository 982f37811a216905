"""Tells whether the process that a session ran in may still be at work."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

CLOCK_TOLERANCE_SECONDS = 2.0
"""The kernel tells the boot time in whole seconds, and clocks are adjusted while a machine runs."""


def still_running(resource: Mapping[str, Any], started: datetime | None) -> bool:
    """Tell whether the session that ``session.start`` described with ``resource`` may still be running.

    True only where ``resource`` names this host and a process that lives. On Linux a process that began after
    the session did has merely been given the same number.
    """
    pid = resource.get("pid")
    if not isinstance(pid, int) or pid <= 0 or resource.get("host") != platform.node():
        return False
    if not _process_exists(pid):
        return False
    began = _process_start(pid)
    return began is None or started is None or began <= started.timestamp() + CLOCK_TOLERANCE_SECONDS


def _process_exists(pid: int) -> bool:
    if sys.platform == "win32":
        return _windows_process_exists(pid)
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # it belongs to another user
    except (OSError, OverflowError):
        return False
    return True


def _process_start(pid: int) -> float | None:
    """Return when a process began, in seconds since 1970, from ``/proc`` (proc(5)); None without it."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # Field 2 is the program's name in parentheses and may hold anything; field 22 is the start.
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        with open("/proc/stat", "rb") as file:
            booted = next(int(line.split()[1]) for line in file if line.startswith(b"btime "))
        return booted + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _windows_process_exists(pid: int) -> bool:
    """Ask Windows, where ``os.kill(pid, 0)`` would send a Ctrl-C instead of asking."""
    if sys.platform != "win32":  # the type checker needs to see that the rest is for Windows only
        return False
    import ctypes

    query_limited_information, still_active = 0x1000, 259  # processthreadsapi.h, minwinbase.h
    kernel32 = ctypes.WinDLL("kernel32")
    kernel32.OpenProcess.restype = ctypes.c_void_p
    handle = kernel32.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    known = kernel32.GetExitCodeProcess(ctypes.c_void_p(handle), ctypes.byref(code))
    kernel32.CloseHandle(ctypes.c_void_p(handle))
    return bool(known) and code.value == still_active
