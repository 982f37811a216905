"""What went wrong, how often, and what led to it. Start reading at ``errors_fold.py``."""
