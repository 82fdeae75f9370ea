# Executable documentation of the development workflow.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup run test lint format lock bench chaos fuzz clean

setup: $(VENV)/.setup

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit("newswire needs Python 3.11 to 3.13, this is " + sys.version.split()[0]) if not (3, 11) <= sys.version_info[:2] <= (3, 13) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.setup: $(VENV)/.python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m workers.tag.gazetteer.ready
	@touch $@

$(VENV)/.setup-dev: $(VENV)/.setup requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

run: setup
	$(BIN)/newswire run

test: $(VENV)/.setup-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Hashes of every file, no address of any index: any mirror will do.
lock: $(VENV)/.python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet \
		--custom-compile-command 'make lock' pyproject.toml requirements-build.in -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet \
		--custom-compile-command 'make lock' --constraint requirements.lock --group dev -o requirements-dev.lock

bench: $(VENV)/.setup-dev
	$(BIN)/python -m benchmarks.end_to_end

chaos: $(VENV)/.setup-dev
	NEWSWIRE_CHAOS=full $(BIN)/python -m pytest tests/chaos -s

# Two minutes for each format; guided by coverage where atheris is installed (dependency group `fuzz`).
fuzz: $(VENV)/.setup-dev
	$(BIN)/python -m tests.fuzz --seconds 120

clean:
	rm -rf $(VENV) build dist
