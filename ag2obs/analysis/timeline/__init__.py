"""What happened in order, for a run or for one agent. Start reading at ``timeline_fold.py``."""
