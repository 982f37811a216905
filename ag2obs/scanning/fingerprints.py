"""Fingerprints: they tell whether two findings are the same secret, without telling the secret.

The salt keeps tables of hashes made elsewhere from being of use. This one is public and the same everywhere, so
that fingerprints of two scans compare; a short password could still be guessed from its fingerprint, which is
why a file of known findings that is kept for long is to have a random salt of its own.
"""

from __future__ import annotations

import hashlib

APPLICATION_SALT = b"ag2obs scan, first form"
"""The salt where a file of known findings brings none: at most 64 bytes (RFC 7693, 2.1)."""

_DIGEST_BYTES = 16
"""128 bits: two different secrets of a scan never share one."""


def fingerprint(secret: bytes, salt: bytes = APPLICATION_SALT) -> str:
    """Return the fingerprint of a secret as it stands in the file: 32 hexadecimal digits of keyed BLAKE2b."""
    return hashlib.blake2b(secret, key=salt, digest_size=_DIGEST_BYTES).hexdigest()
