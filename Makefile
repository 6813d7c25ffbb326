# The book's commands. `make help` lists them. Each installs what it needs, once, into .venv;
# a line with two hashes behind a target is what `make help` says about it.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
SITE := _build/.built

# The folder was moved or renamed: .venv still points at the old place, so it is made again.
$(shell test -f $(READY) && test "$$(cat $(READY))" != "$(CURDIR)" && rm -f $(READY))

# What the site is made of, folders too, so that a deleted file is a change; `book` alone is a command.
SOURCES := $(shell find book/. helpers/. \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune \
             -o \( -type d -o -type f \) -print 2>/dev/null | grep -v ' ') \
           $(wildcard _config.yml _toc.yml CITATION.cff tools/build.py)

PYTEST := $(PY) -m pytest -n logical --maxprocesses 8 --dist loadfile
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg

# Modules are compiled when they are first imported, so the compiled ones have to be kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help book serve lab test notebooks train counts sabotage bounds lint types site-check lighthouse bench mutants lock clean offline links student instructor assignment questions

help: ## say what each command does
	@echo "The book's commands:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) \
	  | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo "Another Python (3.11, 3.12 or 3.13): make book PYTHON=python3.12"

book: $(SITE) ## make the site, in _build/html
	@echo "The book is made. Open it: file://$(CURDIR)/_build/html/index.html  (or run: make serve)"

serve: $(SITE) ## make the site and serve it at a free local port
	@$(PY) -m tools.serve

offline: $(SITE) ## pack the site into one zip that opens without a server
	@$(PY) -m tools.offline

student: $(READY) ## make the students' edition, without solutions; SEED=7 for other drawn numbers
	@$(PY) -m tools.student $(if $(SEED),--seed $(SEED))

questions: $(READY) ## make the question bank: a page, Moodle XML and GIFT
	@$(PY) -m tools.questions

instructor: $(READY) ## make the lecturer's edition: wrong answers, votes, guide, question bank
	@$(PY) -m tools.instructor

assignment: $(READY) ## make a course for nbgrader: CHAPTER="rescaling stability" SEED=7
	@$(PY) -m tools.assignment $(CHAPTER) $(if $(SEED),--seed $(SEED))

links: $(READY) ## try every link that leaves the book; needs the network, takes minutes
	@$(PY) -m tools.jupyter_book build . --builder linkcheck

# One thread, as for every other command: with more, small matrices take many times as long.
lab: export OPENBLAS_NUM_THREADS := 1
lab: export OMP_NUM_THREADS := 1
lab: export MKL_NUM_THREADS := 1
lab: $(VENV)/.ready-lab ## open the chapters in JupyterLab; FILE=book/notation.ipynb opens one
	@if [ "$$(id -u)" = 0 ] && [ -z "$(ROOT)" ]; then \
	  echo "JupyterLab does not run as root. Use another account, or, in a container, make lab ROOT=yes" >&2; \
	  exit 1; fi
	@$(PY) -m jupyterlab $(if $(ROOT),--allow-root) $(or $(FILE),book)

test: $(READY) ## run everything that proves the book: helpers, chapters, rules
	@$(PYTEST) $(NBVAL)

notebooks: $(READY) ## run every chapter again and store what changed
	@$(PY) -m tools.notebooks

train: $(READY) ## train the networks of Part III that are missing; NETWORKS="name ..." trains these again
	@$(PY) -m tools.train $(NETWORKS)

counts: $(READY) ## count words, minutes, code lines, claims and exercises of each page
	@$(PY) -m tools.counts

lint: $(READY) ## check the style of the code, chapters included
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: $(READY) ## check the types of helpers
	@$(PY) -m mypy

site-check: $(SITE) ## check the built site: links, alt texts, foreign hosts, size
	@$(PY) -m tools.site_check

lighthouse: $(SITE) ## report what Lighthouse says of the site; needs Node.js
	@$(PY) -m tools.lighthouse

bench: $(VENV)/.ready-bench ## time simulations against a hand-written loop, diffrax and scipy
	@$(PY) -m tools.bench

sabotage: $(READY) ## break helpers in one place at a time and name the claims that do not notice
	@$(PY) -m tools.sabotage

bounds: $(READY) ## print the value of each claim beside its bound
	@$(PY) -m tools.bounds

mutants: $(VENV)/.ready-mutants ## break helpers in many small ways and count what the tests catch
	@$(PY) -m tools.mutants

lock: $(VENV)/.ready-lock ## write the lock files from pyproject.toml (UPGRADE=1: newest versions)
	@$(PY) -m tools.lock $(if $(UPGRADE),--upgrade)

clean: ## remove all that was made: .venv, _build, caches
	@rm -rf .venv .venv-pip.log _build .mypy_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock $(PY)
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON) here. Install Python 3.11, 3.12 or 3.13 and run this again," \
	       "or name another: make book PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) tools/environment.py

# No recipe: a Python that is gone (a system upgrade, a copied folder) makes .ready stale.
$(PY): ;

$(VENV)/.ready-%: $(READY) requirements-all.lock
	@$(PY) tools/environment.py $*

$(SITE): $(READY) $(SOURCES)
	@$(PY) -m tools.build
