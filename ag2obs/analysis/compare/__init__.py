"""Runs side by side. Start reading at ``compare_fold.py``."""
