"""Networks and answer keys as files."""
