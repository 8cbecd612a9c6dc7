"""How much of the strategy each idea contributes to."""
