"""Capacity: what teams have, what ideas take, what has been promised, and where that is too much."""
