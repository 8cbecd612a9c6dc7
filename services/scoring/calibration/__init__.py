"""Calibration: what came of estimates, how far they were off, and corrections of later ones by it."""
