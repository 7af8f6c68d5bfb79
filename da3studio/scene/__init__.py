"""What is made: plain data with read-only arrays."""
