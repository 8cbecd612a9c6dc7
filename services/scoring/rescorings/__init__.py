"""Rescorings: long work that brings every idea to the newest state of a model, or of a demand policy."""
