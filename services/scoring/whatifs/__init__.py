"""What if: other inputs, other weights. Nothing is stored."""
