"""What feedback knows about ideas, as scoring keeps it."""
