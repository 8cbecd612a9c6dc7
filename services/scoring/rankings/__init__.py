"""Ideas in the order of their scores."""
