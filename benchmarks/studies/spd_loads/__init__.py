"""What the components of SPD are like, on the same gates on more and more units."""
