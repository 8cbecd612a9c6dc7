"""Ways for a group to decide, computed from what callers send; nothing is stored."""
