"""How sure a ranking is, what would change it, and which estimate to refine next."""
