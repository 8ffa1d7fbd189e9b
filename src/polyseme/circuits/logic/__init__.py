"""Logic as read from files, and its conversion to circuits and back."""
