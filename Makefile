# Two commands for a newcomer: `make demo` and `make test`. Both set up everything they need in .venv.
PYTHON ?= python3.11
PIP = .venv/bin/pip --disable-pip-version-check --quiet --no-input
LOCKED = --require-hashes --only-binary :all: --no-deps

.PHONY: install demo test contract evaluate lint lock clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) install $(LOCKED) -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@echo "Adding the test tools ..."
	@$(PIP) install $(LOCKED) -r requirements-dev.lock
	@touch $@

demo: install
	@.venv/bin/souk demo

test: .venv/installed-dev lint
	@.venv/bin/pytest -n 3 --dist worksteal

contract: .venv/installed-dev  ## every reliability scenario for every platform
	@EVERY_SCENARIO=1 .venv/bin/pytest -n 3 --dist worksteal tests/contract

evaluate: .venv/installed-dev  ## every recorded question, judged: coverage, precision, wrong answers
	@.venv/bin/python -m tests.evaluation.run

lint: .venv/installed-dev
	@.venv/bin/ruff check bot connectors queries tests
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

lock:  ## pins every dependency by hash, without download addresses; needs the test tools
	.venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate --upgrade -o requirements.lock pyproject.toml requirements.build.in
	.venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml requirements.build.in

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
