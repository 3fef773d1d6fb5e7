# `make run` starts Zhiwen; `make check` is what CI runs before the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
