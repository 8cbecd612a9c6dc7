"""Checks on real PostgreSQL and NATS."""
