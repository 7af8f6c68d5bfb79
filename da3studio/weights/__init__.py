"""Checkpoints of the network: what is published, what is installed, how they come here."""
