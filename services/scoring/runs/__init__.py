"""Frozen rankings: what was decided on, so that it can be looked at, compared and tried again."""
