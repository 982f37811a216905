# Every target makes its own environment in .venv; a fresh machine needs Python 3.11 (or newer) and make.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint bench bench-redaction fuzz compat clean

# One environment with both frameworks, without their openai extras: the pins of these exclude each other.
.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ag2obs needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@

demo: .venv/installed
	$(BIN)/ag2obs demo

test: .venv/installed
	$(BIN)/pytest -q -n auto --dist worksteal

lint: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Four processes, 64 threads, one log of 1 MB segments, for a minute: every event is there once.
soak: .venv/installed
	SOAK_SECONDS=60 $(BIN)/pytest -q tests/integration/test_rotation_under_load.py

bench: .venv/installed
	$(BIN)/python -m benchmarks

# Against other scanners, which are left out where they cannot be installed.
bench-redaction: .venv/installed
	-$(BIN)/pip install --quiet --group bench
	$(BIN)/python -m benchmarks.redaction_comparison
	$(BIN)/python -m benchmarks.redaction

# The properties of redaction for as long as one likes: make fuzz SECONDS_EACH=600. Uses atheris where it is installed.
fuzz: .venv/installed
	$(BIN)/python -m fuzz $(SECONDS_EACH)

# The integration tests against every supported version, each in an environment of its own in .compat. One of them:
# make compat COMPAT=ag2-0.9.10. The table of the README: make compat COMPAT=--update-readme. Half an hour; not part of CI.
compat:
	PYTEST_ADDOPTS='-n auto --dist worksteal' $(PYTHON) -m compat $(COMPAT)

clean:
	rm -rf .venv .compat dist build
