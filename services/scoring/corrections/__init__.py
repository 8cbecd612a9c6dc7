"""Corrections of later estimates by what came of earlier ones: versions that are switched on and off."""
