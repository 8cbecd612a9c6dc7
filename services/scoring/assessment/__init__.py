"""Whether a team needs a technical product manager: asked, counted, kept."""
