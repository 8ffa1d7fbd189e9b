"""The search for the smallest network that passes, and how a network is tried."""
