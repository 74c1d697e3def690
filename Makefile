# Every target does its own set-up in .venv and needs python3 (3.11 or newer), make and a package registry; no root.
PYTHON ?= python3
BIN := .venv/bin
DEMO := demo
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
# All but `local`: torch is installed by hand, as CPU or CUDA build.
EXTRAS := llm ray exams tables crawl review postgres distil map hub dev

.PHONY: bench bench-student demo test check screenshots lock clean scale bench-review local judge-load bench-judge bench-report bench-release loaders

demo: .venv/core.stamp
	@rm -rf $(DEMO)/work $(DEMO)/releases $(DEMO)/report
	@$(BIN)/cqia run -C $(DEMO) --until judge >/dev/null
	@$(BIN)/cqia review import $(DEMO)/decisions.jsonl -C $(DEMO)
	@$(BIN)/cqia release v1 -C $(DEMO)
	@$(BIN)/cqia status -C $(DEMO)
	@echo "report:  $$($(BIN)/cqia report -C $(DEMO))"
	@echo "dataset: $(abspath $(DEMO))/releases/v1"
	@echo "review:  $(BIN)/cqia review serve -C $(DEMO)   (twenty records wait)"

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy

# Slow: filter and dedup beside a copy of the same file and beside peers, which it installs: JSON and a table each.
# make bench ARGS="--sizes 1000000 10000000 --repeat 1 --folder DISK --peers" takes ours alone at other sizes.
bench: .venv/dev.stamp
	$(BIN)/python benchmarks/filter.py --peers datatrove data-juicer $(ARGS)
	$(BIN)/python benchmarks/dedup.py --peers rensa datatrove data-juicer $(ARGS)

# Slow, and wants the folder of real data beside the project.
bench-report: .venv/dev.stamp
	$(BIN)/python benchmarks/report.py

# Slow: the desk with a million records under load, on SQLite and on PostgreSQL, and killed twenty times.
bench-review: .venv/dev.stamp
	$(BIN)/python benchmarks/review.py $(ARGS)

# Slow: a million generated documents through the road, beside a hundred thousand.
scale: .venv/dev.stamp
	$(BIN)/python benchmarks/scale.py

# Slow: a release of a million generated records.
bench-release: .venv/dev.stamp
	$(BIN)/python benchmarks/release.py --sizes 1000000

# Slow: exports loaded with TRL and LLaMA-Factory, each in an environment of its own under .venv/loaders.
loaders: .venv/dev.stamp
	$(BIN)/python benchmarks/loaders.py

# A model on this machine, for the tests that serve one: torch for the processor, then the extra `local`.
local: .venv/dev.stamp
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet torch==2.13.0 'transformers[serving]==5.23.0'

# Slow: 20,000 records, faults of every kind, ten kills; the accounts of both sides are compared.
judge-load: .venv/dev.stamp
	CQIA_JUDGE_LOAD=1 $(BIN)/python -m pytest -s --timeout 3600 tests/llm/test_load.py

# Slow: the judge's client beside a bare loop of the SDK, its memory, and a million replies from the journal.
bench-judge: .venv/dev.stamp
	$(BIN)/python benchmarks/judge.py

# The pictures in docs/images, taken by tests in a browser: of the desk, the report and a comparison. Those of real data
# want the folder beside the project, and minutes. make screenshots ARGS="-k comparison" takes some.
screenshots: .venv/dev.stamp
	mkdir -p docs/images
	CQIA_SCREENSHOTS=$(abspath docs/images) $(BIN)/python -m pytest -q -rs tests/desk/test_desk_in_browser.py tests/report/test_shots.py $(ARGS)

# A student's speed beside scikit-learn's, and its accuracy on labels: make bench-student ARGS="--labels train.csv dev.csv"
bench-student: .venv/dev.stamp
	$(BIN)/python benchmarks/student.py $(ARGS)

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
