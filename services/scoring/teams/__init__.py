"""Teams: who there is to do the work, and what they have of each skill."""
