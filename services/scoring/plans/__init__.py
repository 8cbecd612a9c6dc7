"""Plans: portfolios that are kept, compared and adopted."""
