"""Refinement of readings: descent on W of networks whose hidden layer computes the gates."""
