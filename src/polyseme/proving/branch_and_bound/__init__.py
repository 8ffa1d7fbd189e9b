"""The worst case of one hidden layer whose ReLUs bend: branch and bound, exact."""
