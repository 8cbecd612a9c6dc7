"""What is to be held against the allocation policy, until that is done."""
