"""Cleaning: which log files a user may want to lose, and losing them; nothing is deleted that a session holds."""
