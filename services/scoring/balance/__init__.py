"""The balance of technical and business work: what it is to be, what is promised, and what was done."""
