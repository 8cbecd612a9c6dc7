"""The strategy: what the product is to achieve, how much each of it weighs, and when."""
