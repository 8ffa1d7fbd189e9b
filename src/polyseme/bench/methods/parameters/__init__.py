"""What decompositions of parameters share: weights as sums of components."""
