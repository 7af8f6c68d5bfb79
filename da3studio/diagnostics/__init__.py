"""What helps to find a fault on somebody else's computer, without anything personal."""
