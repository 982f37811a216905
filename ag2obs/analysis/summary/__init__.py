"""What runs did and cost, in sums. Start reading at ``summary_fold.py``."""
