# One command per job. Each target first makes what it needs: an environment in .venv, of pinned and hashed parts.

PYTHONS := python3.11 python3.12 python3.13 python3 python
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := $(BIN)/python -m piptools compile --quiet --upgrade --generate-hashes --all-build-deps --allow-unsafe \
	--strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
ASYNCAPI := contracts/asyncapi/*.json

.PHONY: setup demo test check model bench chaos check-asyncapi lock
.DEFAULT_GOAL := check

setup: .venv/.made

.venv/.made: requirements.txt pyproject.toml
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  for name in $(PYTHONS); do \
	    $$name -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python=$$name && break; \
	  done; \
	  test -n "$$python" || { echo "Python 3.11 or newer, with venv, is needed and none is on the PATH." >&2; exit 1; }; \
	  $$python -m venv --clear .venv; }
	@echo "Installing the pinned requirements into .venv; this happens once." >&2
	@$(PIP) install --quiet --require-hashes --no-deps --only-binary :all: -r requirements.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@$(BIN)/numberbank demo

# Two at a time, each with servers of its own: most of the time is spent waiting for them.
test: setup
	$(BIN)/pytest -n 2 --dist loadfile

check: setup check-asyncapi
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m contracts.generate --check
	$(BIN)/python -m services.ops.asyncapi --check
	$(BIN)/python -m services.ops.rights.page --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

check-asyncapi: setup .venv/asyncapi/.made
	$(BIN)/node .venv/asyncapi/validate.mjs $(ASYNCAPI)

.venv/asyncapi/.made: $(wildcard tests/check/*) .venv/.made
	@mkdir -p .venv/asyncapi && cp tests/check/* .venv/asyncapi
	@$(BIN)/npm --prefix .venv/asyncapi ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

model: setup
	@$(BIN)/python -m tests.model

bench: setup
	@$(BIN)/python -m tests.bench $(RACES)

chaos: setup
	@$(BIN)/python -m tests.chaos --save

# After a change of dependencies: resolve them anew (needs the network; the lists name no host).
lock: setup
	$(PIP) install --quiet pip-tools
	$(COMPILE) --all-extras --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra tracing --constraint requirements.txt --output-file deploy/requirements.txt pyproject.toml
