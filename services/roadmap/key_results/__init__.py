"""What tells whether an objective is achieved, and what it measured so far."""
