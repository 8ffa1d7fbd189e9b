"""Drawing the gates of the random circuits among the named problems."""
