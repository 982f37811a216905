"""Content levels: how much of messages, tool arguments and results a session stores. Start reading at ``policy.py``."""

from ag2obs.content.policy import ContentPolicy, content_policy
from ag2obs.content.preview import PREVIEW_CHARACTERS

__all__ = ["PREVIEW_CHARACTERS", "ContentPolicy", "content_policy"]
