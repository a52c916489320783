# Nothing here needs an activated environment: everything lives in .venv, made when it is first needed.
#
#   make demo     install gatewise and show the first circuit
#   make test     the whole suite: ruff, mypy, import-linter, pytest with doctests
#   make web      types and mistakes in the scripts of a page, by TypeScript's checker and eslint (npm brings both)
#   make fuzz     100,000 random and hostile expressions, programs that write into arrays, and programs over NumPy
#   make power    the verdict of gw.check on 5,000 right and 20,000 wrong gradients, with two processes (ten minutes)
#   make mutants  every wrong gate against the checks, those that nothing can tell from the right one too (ten minutes)
#   make outside  the line that gw.check names in 60 modules that others wrote, three mistakes each (the suite has an eighth)
#   make passes   the table of docs/check.md: 140 backward passes that others wrote, beside other checkers (half an hour)
#   make class    the marks of sixty students, twelve of them hostile, in one command (five minutes)
#   make scale    every case of every gate, and random programs, on JAX and PyTorch where they are installed (half an hour)
#   make dist     build the release, check it, and run it in empty environments (half a minute)
#   make bench    the tables of benchmarks/; the first also in benchmarks/results.md (README's: python -m benchmarks.comparison)
#   make million  a circuit of a million gates, recorded, printed and freed (three minutes, 4 GB)
#   make clean    remove what the others made

# The first of these that is new enough is used. To choose one: make demo PYTHON=/path/to/python3.12
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
PYTEST_ARGS ?= -n auto

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test web fuzz power mutants outside passes class scale dist bench million clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   make/  make/p' Makefile

demo: $(VENV)/installed
	@$(BIN)/gatewise show "(x + y) * z" x=-2 y=5 z=-4
	@printf '\nEvery number above belongs to one wire. To look at one gate, type:\n\n'
	@printf '    %s\n\n' '$(BIN)/gatewise show "q = x + y; f = q * z" x=-2 y=5 z=-4 --card q'

# Every check runs, whatever the ones before it found; pytest comes last and repeats which of them failed.
test: $(VENV)/installed-for-tests
	@failed=; \
	check() { echo "== $$*"; "$(BIN)/$$@" || failed="$$failed, $$*"; }; \
	check ruff check --quiet .; \
	check ruff format --check --quiet .; \
	check mypy; \
	check lint-imports --no-cache; \
	export GATEWISE_FAILED_CHECKS="$${failed#, }"; \
	echo "== pytest $(PYTEST_ARGS)"; \
	$(BIN)/python -m pytest $(PYTEST_ARGS) && test -z "$$failed"

web: tools/web/node_modules
	@npm --prefix tools/web run --silent check

fuzz: $(VENV)/installed-for-tests
	$(BIN)/python tests/fuzz_language.py 100000
	$(BIN)/python tests/fuzz_assignment.py 100000
	PYTHONPATH=tests $(BIN)/python tests/source/test_assignment_programs.py 2000
	$(BIN)/python tests/fuzz_numpy.py 100000
	PYTHONPATH=tests $(BIN)/python -m loops.random_loops 0 1000
	@if [ -f tests/fuzz_programs.py ]; then echo "$(BIN)/python tests/fuzz_programs.py"; $(BIN)/python tests/fuzz_programs.py; fi

power: $(VENV)/installed-for-tests
	@PYTHONPATH=tests $(BIN)/python -m check.power 1 20 2

mutants: $(VENV)/installed-for-tests
	GATEWISE_MUTANTS=all $(BIN)/python -m pytest -n auto tests/gates/test_mutations.py

outside: $(VENV)/installed-for-tests
	GATEWISE_OUTSIDE=all $(BIN)/python -m pytest -n auto tests/check/test_outside.py

passes: $(VENV)/installed-for-tests
	@PYTHONPATH=.:tests $(BIN)/python -m check.passes --jobs 2

class: $(VENV)/installed-for-tests
	@PYTHONPATH=tests $(BIN)/python -m cli.classroom

dist: $(VENV)/installed
	@$(INSTALL) --editable '.[dist]'
	@$(BIN)/python -m tools.dist $(DIST_ARGS)

scale: $(VENV)/installed-for-tests
	$(INSTALL) --editable '.[jax,torch]'
	GATEWISE_SCALE=all $(BIN)/python -m pytest tests/lowering
	PYTHONPATH=tests $(BIN)/python -m lowering.random_programs torch 300
	PYTHONPATH=tests $(BIN)/python -m lowering.random_programs jax 100

bench: $(VENV)/installed
	@failed=0; $(BIN)/python -m benchmarks || failed=1; $(BIN)/python -m benchmarks.science || failed=1; exit $$failed

million: $(VENV)/installed
	@$(BIN)/python -m benchmarks.million

clean:
	rm -rf $(VENV) tools/web/node_modules build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in $(PYTHON); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "Making $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv $(VENV) && exit 0; \
		rm -rf $(VENV); \
		echo "gatewise: $$python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	done; \
	set -- $(PYTHON); \
	found=$$("$$1" --version 2>/dev/null) || found="not there"; \
	echo "gatewise needs Python 3.11 or newer; $$1 is $$found." >&2; \
	echo "Install one from https://www.python.org/downloads/ or name yours: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
	exit 1

tools/web/node_modules: tools/web/package-lock.json
	@npm --prefix tools/web ci --no-audit --no-fund --silent
	@touch $@

# Editable installs: a change in src/ needs no new install, a change in pyproject.toml does.
$(VENV)/installed: pyproject.toml | $(BIN)/python $(VENV)/has-pip
	@echo "Installing gatewise into $(VENV)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/installed-for-tests: pyproject.toml | $(BIN)/python $(VENV)/has-pip
	@echo "Installing gatewise and its tests' tools into $(VENV)"
	@$(INSTALL) --editable '.[test]'
	@touch $@ $(VENV)/installed

# An environment made by uv has no pip.
$(VENV)/has-pip: | $(BIN)/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade --default-pip
	@touch $@
