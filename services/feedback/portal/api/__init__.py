"""Boards as outsiders see them: an allow-list, and nothing of what is inside.

A key with `boards:read` alone can stand in a page: it sees what everybody may see. Who a visitor is, a token says that
the team's own server asked for; a key that may read customers can also name the contact.
"""

from services.feedback.portal.api import board, comments, ideas, submissions, visitors, votes

ROUTERS = (board.router, ideas.router, votes.router, comments.router, submissions.router, visitors.router)
