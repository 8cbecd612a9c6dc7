"""Models applied to ideas, with every input and where it came from."""
