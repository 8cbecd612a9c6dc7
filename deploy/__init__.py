"""Everything that starts Cairn: embedded on one machine, or one service at a time anywhere else."""

SERVICES = ("feedback", "scoring", "roadmap")
