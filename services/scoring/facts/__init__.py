"""What is known of ideas that models compute inputs from, besides demand: the strategy and the competition."""
