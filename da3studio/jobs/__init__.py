"""Heavy work in a process of its own that can be cancelled, killed and may die."""
