"""Allocation policies: how work is to be shared between kinds, from when on."""
