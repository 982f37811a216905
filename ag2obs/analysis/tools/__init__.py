"""What tools were called and why they failed. Start reading at ``tools_fold.py``."""
