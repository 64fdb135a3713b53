# The ten things one does here. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip carries its own list of authorities; behind a proxy that inspects TLS only the system's list is right.
SYSTEM_CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(SYSTEM_CERTIFICATES),)
export PIP_CERT ?= $(SYSTEM_CERTIFICATES)
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint lab real bench bench-drawing lock

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## install everything into .venv, and vigie itself in place

$(VENV)/.ready: pyproject.toml requirements.lock hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vigie needs Python 3.11 or newer: make setup PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "no venv module: apt-get install python3-venv, then again"; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## name the root cause of a recorded incident, and write demo-report.html
	@$(BIN)/vigie ask broken -f tests/samples/incidents/demo/evidence.tar.gz
	@$(BIN)/vigie ask broken -f tests/samples/incidents/demo/evidence.tar.gz -o html > demo-report.html
	@echo && echo "The same as a page: demo-report.html"

test: setup lint ## everything that must hold, in under ten minutes
	$(BIN)/python -m pytest -n 2 --dist loadfile tests --ignore tests/real

lint: setup ## ruff, mypy and the contracts between packages
	$(BIN)/ruff check --quiet src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

lab: setup ## build and start a real two-node Kubernetes (needs Go and root)
	tests/lab/install
	$(BIN)/python -m tests.lab up

real: setup ## prove it on the real thing: the live tests, and ten live scenarios
	tests/lab/install
	$(BIN)/python -m tests.lab build
	$(BIN)/python -m pytest -rs tests/real

bench: setup ## ratios against named peers; the last table is in bench/results
	$(BIN)/python -m bench

bench-drawing: setup ## edge bundling against its peers
	$(BIN)/python -m bench.drawing.run

lock: setup ## resolve the dependencies again, hashes and all
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock
