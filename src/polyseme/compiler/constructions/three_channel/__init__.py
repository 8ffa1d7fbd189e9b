"""The three-channel construction and its passes."""
