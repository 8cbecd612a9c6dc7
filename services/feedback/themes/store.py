"""Feedback, as its themes are read from it."""

NEWEST = "select id, text from feedback where workspace_id = $1 and id >= $2 order by id desc limit $3"
