# `make demo` and `make test` need Python 3.11 or later and make, nothing else.
#
# pip takes torch from wherever it is told to look; CONTRIBUTING.md says how to make that a CPU
# build, which is a tenth of the size.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTEST_WORKERS ?= 2

# What a user's own shell may have set, and a fresh environment must not inherit.
export PYTHONPATH :=
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test slow lint docs check clean

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

# An environment knows its folder by name: in one that was moved or copied, begin again.
$(shell test "$$(cat .venv/ready 2>/dev/null)" = "$$(pwd -P)" || rm -f .venv/ready)

setup: .venv/ready ## make .venv with bezoar, and leave .venv/bin/bezoar

.venv/ready: pyproject.toml constraints.txt Makefile
	@test -f $@ || for python in python3 python3.13 python3.12 python3.11 none; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv --clear .venv && break; \
	  elif test $$python = none; then \
	    echo 'error: Python 3.11 or later is needed, with its venv module' >&2; exit 2; \
	  fi; \
	done
	@echo 'setting up .venv (about a minute)' >&2
	@.venv/bin/python -m pip install --quiet --editable '.[expose,fix,postgres,web]' \
	  --constraint constraints.txt
	@pwd -P > $@

.venv/ready-to-test: .venv/ready
	@echo 'adding what the tests need (about a minute)' >&2
	@.venv/bin/python -m pip install --quiet --constraint constraints.txt \
	  --editable '.[dev,s3,files,zstd,hugging-face,monitor,gx,mlflow,kafka,alerts,onnx,harden,wandb]'
	@touch $@

demo: setup ## poison a traffic-sign set, find it, refuse it, prove it
	@.venv/bin/bezoar demo

test: .venv/ready-to-test ## the fast tests
	@.venv/bin/python -m pytest -m 'not slow' -n $(PYTEST_WORKERS)

slow: .venv/ready-to-test ## the tests that train for minutes
	@.venv/bin/python -m pytest -m slow

lint: .venv/ready-to-test ## ruff and mypy
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

docs: .venv/ready-to-test ## write docs/reference from the code
	@.venv/bin/python tests/docs/reference.py

check: lint test slow ## everything

clean: ## remove what was built; a project's ledger in .bezoar/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
