from __future__ import annotations

import pytest

from ag2obs.redaction import Redactor


@pytest.fixture(scope="session", params=[True, False], ids=["accelerated", "pure-python"])
def redactor(request: pytest.FixtureRequest) -> Redactor:
    """An engine that knows no values, in both of its builds."""
    return Redactor(accelerated=request.param)
