"""Scores of other products, so that a team can move over and see its numbers again.

What they compute relative to their other ideas (the highest vote count, the highest field) is made absolute here: the
team declares the top of each scale. Adding an idea then moves no other score. Their relative form is a pure function
beside it.
"""
