"""Objectives that nothing is done for, and work that serves no objective."""
