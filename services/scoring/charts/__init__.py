"""Charts of what scoring knows, as pictures and in words."""
