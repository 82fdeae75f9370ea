# Executable documentation of the development workflow.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup run test test-postgres lint format image test-image lock sbom audit bench chaos chaos-postgres fuzz clean

setup: $(VENV)/.setup

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit("newswire needs Python 3.11 to 3.13, this is " + sys.version.split()[0]) if not (3, 11) <= sys.version_info[:2] <= (3, 13) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q pipeline workers
	@touch $@

$(VENV)/.setup: $(VENV)/.installed
	$(BIN)/python -m workers.tag.gazetteer.ready
	@touch $@

# While one processor installs, the other compiles the gazetteer.
$(VENV)/.setup-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m workers.tag.gazetteer.ready & compiling=$$!; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock \
	&& wait $$compiling
	@touch $@

run: setup
	$(BIN)/newswire run

# Tests of processes wait for much of their time: three at once keep two cores busy.
test: $(VENV)/.setup-dev
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# All that drives the command, on a PostgreSQL and a queue server that the tests start: nothing of it may store in a
# SQLite file or bring up an embedded queue. NEWSWIRE_TEST_POSTGRES names the folder of another PostgreSQL's programs,
# NEWSWIRE_TEST_REDIS another program than the packaged Valkey.
test-postgres: $(VENV)/.setup-dev
	NEWSWIRE_TEST_STORAGE=postgresql NEWSWIRE_TEST_QUEUE=redis NEWSWIRE_TEST_PATIENCE=4 PYTEST_TIMEOUT=480 \
		$(BIN)/python -m pytest tests/acceptance -n 2 --dist loadfile -rs

# ENGINE=podman where that is the container engine.
ENGINE ?= docker
image:
	$(ENGINE) build --tag newswire:0.1.0 .

test-image: image $(VENV)/.setup-dev
	NEWSWIRE_TEST_IMAGE=newswire:0.1.0 NEWSWIRE_TEST_ENGINE=$(ENGINE) \
		$(BIN)/python -m pytest tests/acceptance/test_image.py

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

# Tools about our dependencies live in an environment of their own: they need many packages that we do not.
build/tools: $(VENV)/.python
	$(PYTHON) -m venv build/tools
	build/tools/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0 pip-audit==2.10.1

# What a release is made of, as CycloneDX: build/newswire.cdx.json.
sbom: build/tools
	build/tools/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON \
		-o build/newswire.cdx.json requirements.lock

# Known vulnerabilities of what is locked. It asks a database on the internet, and fails without.
audit: build/tools
	build/tools/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock

bench: $(VENV)/.setup-dev
	$(BIN)/python -m benchmarks.end_to_end

# Hours: hosts are watched for half an hour each on SQLite and PostgreSQL, 200 power cuts take as long, and so do 2,000
# examples of the model. The files of tests/chaos also go one by one.
chaos: $(VENV)/.setup-dev
	NEWSWIRE_CHAOS=full NEWSWIRE_TEST_PATIENCE=8 $(BIN)/python -m pytest tests/chaos -s

# Those of them that drive the command, on PostgreSQL; what needs a server of its own is in `make chaos`.
chaos-postgres: $(VENV)/.setup-dev
	NEWSWIRE_TEST_STORAGE=postgresql NEWSWIRE_CHAOS=full NEWSWIRE_TEST_PATIENCE=8 $(BIN)/python -m pytest -s \
		$(patsubst %,tests/chaos/test_%.py,backlog enrichment kills operation poison queue_faults retag)

# Two minutes for each format; guided by coverage where atheris is installed (dependency group `fuzz`).
fuzz: $(VENV)/.setup-dev
	$(BIN)/python -m tests.fuzz --seconds 120

clean:
	rm -rf $(VENV) build dist
