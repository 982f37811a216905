"""Finds secrets in files (``scan_paths``) and masks them there (``rewrite``). Start reading at ``scan.py``."""

from __future__ import annotations

from ag2obs.scanning.findings import ScanFinding, ScanReport, Unreadable
from ag2obs.scanning.rewriting import Refused, Rewritten, rewrite
from ag2obs.scanning.scan import Scan, scan_paths

__all__ = ["Refused", "Rewritten", "Scan", "ScanFinding", "ScanReport", "Unreadable", "rewrite", "scan_paths"]
