"""Demand policies: how the accounts that ask for an idea are weighed, and what ideas weigh then."""
