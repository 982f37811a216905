"""Finds secrets in files (``scan_paths``) and masks them there (``rewrite``). Start reading at ``scan.py``."""

from __future__ import annotations

from ag2obs.scanning.findings import ScanFinding, ScanReport, Unreadable
from ag2obs.scanning.scan import Scan, scan_paths

__all__ = ["Scan", "ScanFinding", "ScanReport", "Unreadable", "scan_paths"]
