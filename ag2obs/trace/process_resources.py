"""CPU time and memory of this process, by what the standard library and the system tell."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """What this process has used so far; None where the system does not tell."""

    cpu_seconds: float
    """User and system time of all threads."""
    memory_bytes: int | None
    """What is in main memory now (the resident set)."""
    peak_memory_bytes: int | None
    """The most that ever was."""


def measure_resources() -> ResourceUsage:
    """Return what this process has used so far; never raises."""
    resident, peak = _windows_memory() if sys.platform == "win32" else (_resident_by_proc(), _peak_by_rusage())
    return ResourceUsage(time.process_time(), resident, peak)


def _resident_by_proc() -> int | None:
    """Return the resident set where there is a ``/proc``: on Linux."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _peak_by_rusage() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else most * 1024)


def _windows_memory() -> tuple[int | None, int | None]:
    """Return the working set and its peak, from the ``PROCESS_MEMORY_COUNTERS`` of Windows."""
    import ctypes

    size_t = ctypes.c_size_t

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", ctypes.c_uint32), ("faults", ctypes.c_uint32), ("peak", size_t), ("now", size_t),
            *((f"pool_{number}", size_t) for number in range(6)),
        )  # fmt: skip

    try:
        counters = Counters()
        counters.cb = ctypes.sizeof(counters)
        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
        if kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb):
            return int(counters.now), int(counters.peak)
    except (AttributeError, OSError):
        pass
    return None, None
