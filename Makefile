# The list of commands, which `make` prints. What needs more than three lines is in tools/.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# How many tests run at once; those of one file run one after the other.
WORKERS ?= 2
SOURCES := libs services operator charts tests models benchmarks tools hack
export HF_HUB_OFFLINE ?= 1

.PHONY: help setup demo kind-up kind-down test test-e2e test-long test-agents test-chaos check lint types imports verify audit format bench bench-live bench-operator images sbom chart push release-check packages models models-evaluate generate requirements clean

help: ## Print this list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*##/ {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run
packages: ## Install the Debian packages that the tests need, such as Docker and espeak-ng (as root, or with sudo)
	tools/packages.sh

setup: $(READY) ## Install everything into .venv (about 7 GB, once)

$(READY): requirements/development.txt $(wildcard libs/*/pyproject.toml services/*/pyproject.toml operator/pyproject.toml) tools/setup.py
	$(PYTHON) tools/setup.py $(VENV)

demo: setup ## Speak a sentence into voz_generada.wav and transcribe it, with both services
	$(RUN) tools/demo.py

##@ Check
test: setup ## Run every test that needs no cluster and no container
	$(RUN) -m pytest -m "not container and not long" -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term

test-e2e: setup ## Build the images and run the tests that need containers
	$(RUN) -m pytest -m "container and not long" tests/container

test-long: setup ## Run all tests, also the long ones, which start a Kubernetes node
	$(RUN) -m pytest -m "long or not long" --timeout 3600 tests

test-agents: setup ## Speak to both services by pipecat, LiveKit Agents, LiteLLM's proxy and a Wyoming bridge
	$(RUN) -m pytest -m "long or not long" tests/agents

test-chaos: setup ## Hurt both services and the operator under load on a Kubernetes node, and write benchmarks/chaos.md
	$(RUN) -m pytest -m chaos --timeout 3600 tests/chaos; status=$$?; $(RUN) -m benchmarks.chaos && exit $$status

check: lint types imports verify ## Run every check that runs no code, the quickest first

lint: setup ## Check format and style
	$(VENV)/bin/ruff format --check $(SOURCES)
	$(VENV)/bin/ruff check $(SOURCES)

types: setup ## Check types
	$(VENV)/bin/mypy $(SOURCES)

imports: setup ## Check the import contracts
	$(VENV)/bin/lint-imports

audit: setup ## Look for withdrawn releases and known faults in what is pinned
	$(RUN) -m tools.audit

verify: setup ## Fail if a generated file is not up to date
	$(RUN) -m tools.generated --check

##@ Change
format: setup ## Format the code and fix what ruff can fix
	$(VENV)/bin/ruff format $(SOURCES)
	$(VENV)/bin/ruff check --fix $(SOURCES)

generate: setup ## Write the files that are made from the code: tables, definition, chart, manifest
	$(RUN) -m tools.generated
	$(RUN) -m tools.chart.install_manifest

requirements: ## Resolve requirements/*.in into hashed pins
	tools/requirements.sh

##@ Models
models: setup ## Train the demo models from nothing (hours on two cores; can be resumed)
	PYTHONPATH=models $(RUN) -m recipe all

models-evaluate: setup ## Measure the demo models and write their card
	PYTHONPATH=models $(RUN) -m evaluation

##@ Build and measure
images: setup ## Build the three container images and print their sizes
	$(RUN) -m tools.images build

kind-up: setup ## Start both demo models in a cluster made by kind
	$(RUN) -m tools.kind up

kind-down: setup ## Delete that cluster
	$(RUN) -m tools.kind down

bench: setup ## Measure the services, the raw model and the first design
	$(RUN) -m benchmarks

bench-live: setup ## Measure how many live sessions one service keeps up with, in five minutes
	$(RUN) -m benchmarks.live

bench-operator: setup ## Measure the operator with 1,000 VoiceServices on a simulated cluster
	PYTHONPATH=tests $(RUN) -m benchmarks.operator

##@ Release
release-check: setup ## Check whether the tree can be released; with TAG=v1.2.3, as that release
	$(RUN) -m tools.release.check --tag "$(TAG)"

sbom: setup ## Write a bill of materials of each built image into dist/
	$(RUN) -m tools.release.sbom

chart: setup ## Pack the chart and the manifests into dist/
	$(RUN) -m tools.chart.package

push: setup ## Push the built images to REGISTRY, under the version as their tag
	$(RUN) -m tools.images push --registry "$(REGISTRY)"

clean: ## Remove what tests and builds leave in the tree
	rm -rf .chaos .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage* htmlcov .demo dist
