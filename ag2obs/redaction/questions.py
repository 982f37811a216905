"""Questions whose answer is a secret: a person who is asked for a password answers with nothing else."""

from __future__ import annotations

import re

_LONGEST = 4_000
"""Characters of a question that are looked at."""

_ASKS = re.compile(
    r"""\b(?:
        pass(?:word|phrase|code|wort|wd) | kennwort | mot\ de\ passe | contrase(?:ñ|n)a | senha | wachtwoord | hasło
        | (?:api|access|secret|private|signing|encryption|license|ssh)[ _-]?keys?
        | (?:api|access|auth|bearer|refresh|security|session|secret|personal\ access)[ _-]?tokens?
        | (?:your|the|a|valid|new)\ (?:token|secret|credentials?|pin(?:\ code)?|otp|cvv|cvc)
        | (?:client|shared)[ _-]?secret | credentials? | (?:one[ -]time|verification|security|2fa|mfa)\ code
        | (?:enter|type|give|provide)\ (?:(?:your|the|a)\ )?(?:token|secret|pin|otp)
    )s?\b""",
    re.IGNORECASE | re.VERBOSE,
)


def asks_for_secret(question: str) -> bool:
    """Return whether a question to a person asks for a password, a key, a token or a code."""
    return _ASKS.search(question[:_LONGEST]) is not None
