"""How runs develop over days. Start reading at ``trends_fold.py``."""
