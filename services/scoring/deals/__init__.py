"""Deals that were won and lost against competitors, and which capabilities decided them."""
