"""What every level may use."""
