"""Actuals: what work has taken, as those who count it tell."""
