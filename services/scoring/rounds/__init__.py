"""Rounds: people estimate unseen by each other, see what all said, and agree."""
