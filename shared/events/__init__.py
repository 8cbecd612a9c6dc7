"""The contracts between the services: every event that is published, and nothing else."""
