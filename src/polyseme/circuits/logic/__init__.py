"""Logic as read, and how it becomes a circuit."""
