"""Demand policies held against each other over the same ideas."""
