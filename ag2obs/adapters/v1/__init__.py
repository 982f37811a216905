"""AG2 v1 (``import ag2``): observed without a change to the user's agents, or with what they are given here.

``plugin()`` for an agent and ``hub_listener()`` for a hub are the form that patches nothing; see ``explicit``.
"""

from ag2obs.adapters.v1.explicit import hub_listener, plugin

__all__ = ["hub_listener", "plugin"]
