"""Measures the hot paths: `make bench`, or `python -m tests.bench [only=NAME] [rounds=N]`."""
