"""Technical debt: what it would take to pay it off, and what it costs to carry it."""
