"""Where the money went. Start reading at ``cost_fold.py``."""
