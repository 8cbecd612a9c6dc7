"""What roadmap knows of ideas: their titles, the demand for them and their scores, each a projection."""
