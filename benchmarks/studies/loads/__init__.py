"""What methods find of the same gates on more and more units."""
