"""What people think an input of a score is."""
