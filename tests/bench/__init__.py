"""Figures that we promise: `python -m tests.bench` (or `make bench`) measures all of them."""
