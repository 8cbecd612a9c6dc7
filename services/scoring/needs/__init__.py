"""What customers want to get done, as surveys rate it, and which ideas would serve it."""
