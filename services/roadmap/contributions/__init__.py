"""Which objectives an idea contributes to, how much, and who said so."""
