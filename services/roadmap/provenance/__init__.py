"""What items rest on, across all services, in one call."""
