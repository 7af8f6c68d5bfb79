"""Training networks of our own from nothing, on scenes that are made while it runs."""
