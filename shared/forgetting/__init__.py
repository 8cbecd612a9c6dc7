"""Forgets a person in the words of the team, in services that do not know who it was.

Feedback knows the person, and tells the others keyed hashes of what they were known by (`PersonForgotten`): neither the
log nor another schema ever holds an address because of an erasure. Each service takes its own texts apart into what may
be an address, an id or a full name, hashes that with the same key, and blots out what fits.
"""
