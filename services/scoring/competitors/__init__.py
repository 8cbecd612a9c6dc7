"""Whom we are measured against."""
