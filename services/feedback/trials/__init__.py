"""What a payload would become under a connection's rules: tried, with nothing stored."""
