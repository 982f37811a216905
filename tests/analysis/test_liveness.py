import os
import platform
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ag2obs.analysis.liveness import still_running

NOW = datetime.now(UTC)
HERE = {"host": platform.node(), "pid": os.getpid()}


def test_this_process_is_running():
    assert still_running(HERE, NOW)


def test_a_process_that_is_gone_is_not():
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    assert not still_running({**HERE, "pid": process.pid}, NOW)


def test_another_host_is_not_known_to_run():
    assert not still_running({**HERE, "host": "elsewhere.invalid"}, NOW)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the start of a process is read from /proc")
def test_a_process_that_began_after_the_session_only_has_the_same_number():
    assert not still_running(HERE, NOW - timedelta(days=1))


@pytest.mark.parametrize("pid", [None, 0, -1, "12", 2**70, 1.5])
def test_a_pid_that_is_none_is_no_process(pid):
    assert not still_running({**HERE, "pid": pid}, NOW)
    assert not still_running({}, NOW)
