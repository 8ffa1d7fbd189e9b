"""Networks for other tools."""
