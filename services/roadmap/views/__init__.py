"""Published selections of the roadmap: pages and JSON that anyone may read."""
