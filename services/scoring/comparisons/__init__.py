"""Models held against each other over the same ideas, and ideas against each other under one model."""
