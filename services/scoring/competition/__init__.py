"""How far competitors are ahead: the parity matrix, and what it makes of each idea."""
