"""The index: what was counted in each log. Unchanged files are not read again, grown ones from where they ended.

It is a SQLite database in the user's cache folder. It can be deleted at any time and is never the truth: whatever is
wrong with it, logs are read as if it were not there. It holds counts, names and first questions of sessions that have
ended, because a session that goes on may still mask in its log what it wrote there, and not of sessions in whose names
or question redaction would mask something: what a log tells is the same with the index and without. Start reading at
``session_index.py``.
"""

from ag2obs.index.session_index import SessionIndex

__all__ = ["SessionIndex"]
