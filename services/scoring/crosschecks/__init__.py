"""Where what different methods say of an idea does not go together."""
