import os

import hypothesis
import pytest

from ag2obs.process import REAPER
from ag2obs.testing import block_network

# The machine that runs the tests may be slow: no test fails for its time.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

OUR_VARIABLES = ("AG2", "AUTOGEN", "OTEL_", "LOGS_BASE_DIR")


@pytest.fixture(autouse=True)
def isolated(tmp_path, tmp_path_factory, monkeypatch):
    """Run every test in a folder of its own, with no settings, no network, and our own failures raised."""
    # Test workers are told a width, and tables are cut to it.
    for name in [name for name in os.environ if name.startswith(OUR_VARIABLES) or name == "COLUMNS"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AG2OBS_RERAISE", "1")
    monkeypatch.setenv("AG2OBS_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(tmp_path)
    with block_network():
        yield
    # A session that was left waits for late work: the next test is to find the frameworks as they are without one.
    REAPER.finish_all()
