# Every target does its own set-up in .venv and needs python3 (3.11 or newer), make and a package registry; no root.
PYTHON ?= python3
BIN := .venv/bin
DEMO := demo
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
# All but `local`: torch is installed by hand, as CPU or CUDA build.
EXTRAS := llm ray exams tables crawl review postgres distil map hub dev

.PHONY: demo test check lock clean scale

demo: .venv/core.stamp
	@rm -rf $(DEMO)/work $(DEMO)/releases $(DEMO)/report
	@$(BIN)/cqia run -C $(DEMO) --until judge >/dev/null
	@$(BIN)/cqia review import $(DEMO)/decisions.jsonl -C $(DEMO)
	@$(BIN)/cqia release v1 -C $(DEMO)
	@$(BIN)/cqia status -C $(DEMO)
	@echo "report:  $$($(BIN)/cqia report -C $(DEMO))"
	@echo "dataset: $(abspath $(DEMO))/releases/v1"

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy

# Slow: a million generated documents through the road, beside a hundred thousand.
scale: .venv/dev.stamp
	$(BIN)/python benchmarks/scale.py

lock: .venv/dev.stamp
	$(BIN)/pip install --quiet uv
	$(LOCK) --extra review pyproject.toml -o requirements/core.txt
	$(LOCK) $(foreach extra,$(EXTRAS),--extra $(extra)) pyproject.toml -o requirements/dev.txt

clean:
	rm -rf .venv $(DEMO)/work $(DEMO)/releases $(DEMO)/report .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "cqia needs Python 3.11 or newer: make PYTHON=python3.12 …"'
	$(PYTHON) -m venv .venv

.venv/core.stamp: requirements/core.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/core.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@ .venv/core.stamp
