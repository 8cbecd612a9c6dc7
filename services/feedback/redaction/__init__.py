"""Words of others, and of the team, that hold somebody who is forgotten."""
