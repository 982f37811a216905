"""Finds secrets in files (``scan_paths``) and masks them there (``rewrite``). Start reading at ``scan.py``."""

from __future__ import annotations

from ag2obs.scanning.baseline import Baseline, BaselineError
from ag2obs.scanning.file_scan import ScanOptions
from ag2obs.scanning.files import FoundFile, find_files, find_staged_files
from ag2obs.scanning.findings import ScanFinding, ScanReport, Unreadable
from ag2obs.scanning.git import GitFailed
from ag2obs.scanning.masking import Refused
from ag2obs.scanning.rewriting import Rewritten, rewrite, write_copy, write_stream
from ag2obs.scanning.scan import Scan, scan_paths, worthwhile_jobs
from ag2obs.scanning.workers import WorkerLost

__all__ = [
    "Baseline",
    "BaselineError",
    "FoundFile",
    "GitFailed",
    "Refused",
    "Rewritten",
    "Scan",
    "ScanFinding",
    "ScanOptions",
    "ScanReport",
    "Unreadable",
    "WorkerLost",
    "find_files",
    "find_staged_files",
    "rewrite",
    "scan_paths",
    "worthwhile_jobs",
    "write_copy",
    "write_stream",
]
