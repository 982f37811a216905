"""What agents were busy with, learned and did with each other, for ``LogAnalyzer``."""
