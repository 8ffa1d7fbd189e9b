"""Controls: claims of known worth, made by those who are given the truth."""
