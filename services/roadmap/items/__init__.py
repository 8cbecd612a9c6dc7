"""Ideas placed on the roadmap: planned, edited, moved from status to status."""
