"""`make demo`: the whole loop, driven over HTTP by a caller who knows no more than the published API says."""
