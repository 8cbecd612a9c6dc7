"""What products like ours can do: what we have of it, and which ideas would give us more."""
