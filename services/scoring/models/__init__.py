"""Scoring frameworks with their parameters."""
