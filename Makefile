# Every target does its own set-up; `make help` lists them.
SHELL := /bin/sh
BIN := .venv/bin

# The node of the embedded cluster: auto | real | simulated. CONTEXT: a kubeconfig context to use instead of it.
NODE ?= auto
CONTEXT ?=
KEEP ?=
ENGINE ?= docker
IMAGE ?= wharfinger:0.1.0
UPGRADE ?=
LOCK = pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-build --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)
PYTEST ?= $(BIN)/pytest
ARGS ?=

.PHONY: help venv demo test lint format unit integration e2e bench crds reference docs docs-serve dashboard gitops lock image clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

venv:
	@scripts/bootstrap

demo: venv ## Show the whole job on an embedded cluster (NODE=simulated, KEEP=1, CONTEXT=kind-kind)
	@$(BIN)/wharfinger demo --node $(NODE) $(if $(CONTEXT),--context $(CONTEXT)) $(if $(KEEP),--keep) $(ARGS)

test: venv lint ## Run every check and every test (NODE=simulated leaves the machine alone)
	@$(PYTEST) --wharfinger-node $(NODE) $(ARGS)

lint: venv ## Formatting, lint, types, layers, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m wharfinger.api.crd --check
	@$(BIN)/python -m scripts.reference --check

format: venv ## Format and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

unit: venv ## Pure tests: no cluster
	@$(PYTEST) tests/unit $(ARGS)

integration: venv ## Tests against the real API server of an embedded cluster
	@$(PYTEST) tests/integration $(ARGS)

e2e: venv ## Tests with real containers (root)
	@$(PYTEST) tests/e2e --wharfinger-node $(NODE) $(ARGS)

bench: venv ## Measure; docs/performance.md says what
	@$(BIN)/python -m tests.bench $(ARGS)

crds: venv ## Write the CRDs anew from the models: crds/ and the chart's
	@$(BIN)/python -m wharfinger.api.crd

reference: venv ## Write docs/reference anew from the models, the command line, the metrics and the chart
	@$(BIN)/python -m scripts.reference

docs: venv ## Build the site of docs/ into build/site; a link that leads nowhere fails
	@$(BIN)/python -m scripts.site build

docs-serve: venv ## Show the site on localhost:8000 while its pages are written
	@$(BIN)/python -m scripts.site serve

dashboard: venv ## Write helm/wharfinger/files/dashboard.json anew from scripts/dashboard
	@$(BIN)/python -m scripts.dashboard

lock: venv ## Pin all dependencies anew, with their hashes: requirements*.lock (UPGRADE=1 takes newer ones)
	@$(BIN)/python -m pip install --quiet 'uv>=0.9'
	@$(BIN)/uv $(LOCK) --output-file requirements.lock pyproject.toml
	@$(BIN)/uv $(LOCK) --output-file requirements-build.lock --group pyproject.toml:image

image: ## Build the container image (ENGINE=docker|podman|buildah, IMAGE=registry.example.com/wharfinger:0.1.0)
	@$(ENGINE) build --tag $(IMAGE) --label org.opencontainers.image.revision=$$(git rev-parse HEAD) $(ARGS) .

gitops: venv ## Write Argo CD's settings in manifests/gitops anew from their Lua
	@$(BIN)/python scripts/argocd.py

clean: ## Remove what the other targets made here
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
