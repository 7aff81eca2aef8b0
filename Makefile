# `make demo` and `make test` are the two commands to know; both install on first use.
VENV := .venv
PYTHON_IN := $(VENV)/bin/python
STAMP := $(VENV)/.installed

# The tests begin hundreds of processes, each of which would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo test test-deep lint lock clean

help: ## what there is to make
	@sed -nE 's/^([a-z%-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | sed 's/%/NAME/' | expand -t 20

install: $(STAMP) ## create .venv with the locked packages

$(STAMP): requirements.lock pyproject.toml .ci/find-python
	@PYTHON="$(PYTHON)" .ci/install "$(VENV)"
	@touch $@

demo: $(STAMP) ## rehearse a migration of three clinics and watch it in the browser
	@$(VENV)/bin/crossfade demo $(ARGS)

test: $(STAMP) lint ## every check that needs only Python
	@$(PYTHON_IN) -m pytest -m "not deep" -n 2 --dist loadfile -q

lint: $(STAMP) ## format, lint, types and import contracts
	@$(VENV)/bin/ruff format --check --quiet . || { echo "run: .venv/bin/ruff format ."; exit 1; }
	@$(VENV)/bin/ruff check --quiet .
	@$(PYTHON_IN) -m mypy --no-error-summary
	@$(VENV)/bin/lint-imports

test-deep: $(STAMP) ## long sizes, and what needs a browser, root or strace; says what could not run
	@$(PYTHON_IN) .ci/deep.py

bench-%: $(STAMP) ## run one benchmark and write bench/results/NAME.json
	@$(PYTHON_IN) bench/$*.py

lock: ## resolve pyproject.toml again into requirements.lock, with hashes
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --group dev \
	  --custom-compile-command "make lock" --no-header pyproject.toml -o requirements.lock

clean: ## remove the virtual environment
	@rm -rf $(VENV)
