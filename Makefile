# `make` explains the targets. Every target installs what it needs first and skips what is done.

PYTHON ?= python3
PIP_OPTIONS ?=
STUDY ?= quick
ARGS ?=
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help study test lab check pair lock benchmark clean

help:
	@echo "make study      install, run the quick study, build reports/quick/index.html"
	@echo "                another one: make study STUDY=pilot ARGS='--mirror DIR'"
	@echo "make test       install, run the tests"
	@echo "make lab        install, open JupyterLab on the notebooks"
	@echo "make check      formatting, lint, and that notebooks/*.py and *.ipynb agree"
	@echo "make pair       write notebooks/*.ipynb anew from notebooks/*.py; refuses to lose cells"
	@echo "make lock       write requirements.lock anew: every package with its hashes, by uv"
	@echo "make benchmark  time our training loop beside transformers' Trainer"
	@echo "make clean      remove the virtual environment and everything in artifacts/"
	@echo
	@echo "variables: PYTHON=python3.12    which Python makes the virtual environment (3.11 to 3.13)"
	@echo "           JOBS=1               runs side by side, each on one core (2)"
	@echo "           PIP_OPTIONS='--extra-index-url https://download.pytorch.org/whl/cpu'"
	@echo "                                on Linux without a GPU: the small build of torch"

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "error: $$($(PYTHON) --version) found, but 3.11 to 3.13 is needed: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) -c constraints.txt -e ".[study,test]"
	@touch $@

study: $(STAMP)
	$(BIN)/python run_all.py $(STUDY) --jobs $(JOBS) $(ARGS)

test: $(STAMP)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(ARGS)

lab: $(STAMP)
	$(BIN)/jupyter lab --notebook-dir=notebooks $(ARGS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q tests/notebooks/test_form.py

pair: $(STAMP)
	$(BIN)/python -m study_utils.notebook.pair

lock: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --constraint constraints.txt --universal --python-version 3.11 \
	  --generate-hashes --no-header --quiet --output-file requirements.lock

benchmark: $(STAMP)
	$(BIN)/python benchmarks/training_speed.py $(ARGS)

clean:
	rm -rf $(VENV) artifacts
