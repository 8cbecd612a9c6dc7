"""What was seen of competitors, where and when."""
