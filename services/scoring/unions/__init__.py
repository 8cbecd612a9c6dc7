"""What if two ideas were one: done, looked at and taken back."""
