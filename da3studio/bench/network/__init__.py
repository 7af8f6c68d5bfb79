"""How fast the network is, what it takes of the memory, and what it could be at best."""
