"""What scores rest on, as trees that can be checked."""
