import json
import subprocess
import sys

import pytest

from ag2obs import cli, doctor
from ag2obs.doctor import Result, Status

OK = Result("python", Status.OK, "Python 3.11.7")
WARNING = Result("tokens", Status.WARNING, "tokens are estimated", "python -c pass")
PROBLEM = Result("autogen", Status.PROBLEM, "the folder is broken", "pip install it")


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["doctor", *arguments])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


@pytest.fixture
def found(monkeypatch):
    """Let the checks find these results."""
    results = [OK, WARNING]
    monkeypatch.setattr(doctor, "CHECKS", (lambda: results,))
    return results


def test_every_result_is_a_line_with_its_fix_below(capsys, found):
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["ok", "python", "Python", "3.11.7"],
        ["warning", "tokens", "tokens", "are", "estimated"],
        ["python", "-c", "pass"],
        [],
        ["0", "problems,", "1", "warning"],
    ]


def test_a_problem_is_exit_code_1_and_json_has_all_of_it(capsys, found):
    found.append(PROBLEM)
    code, out, _ = run(capsys, "--json")
    document = json.loads(out)
    assert (code, document["schema"], document["problems"], document["warnings"]) == (1, 1, 1, 1)
    assert document["checks"][2] == {
        "check": "autogen",
        "status": "problem",
        "sentence": "the folder is broken",
        "fix": "pip install it",
    }


def test_a_check_that_fails_is_a_problem_and_the_others_are_told(capsys, monkeypatch):
    def free_disk():
        raise OSError("no such device")

    monkeypatch.setattr(doctor, "CHECKS", (free_disk, lambda: [OK]))
    code, out, _ = run(capsys)
    assert code == 1
    assert "this check failed: OSError: no such device" in out
    assert "Python 3.11.7" in out


def test_it_works_without_a_framework():
    program = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("ag2", "httpx"):
            raise ModuleNotFoundError(name)
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in ("autogen", "ag2") else real(name, *rest)
import ag2obs.doctor.installations as installations
installations.owners_of = lambda *_: []
sys.meta_path.insert(0, Refuse())
from ag2obs.cli import main
main(["doctor", "--json"])
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    document = json.loads(finished.stdout)
    assert (finished.returncode, document["problems"], finished.stderr) == (0, 0, "")
    told = {each["check"]: each["status"] for each in document["checks"]}
    assert told["frameworks"] == "warning"
    assert not {"autogen", "ag2", "hooks"} & set(told)
