"""What can be chosen among: ideas with all that is known of their inputs, as one model needs them."""
