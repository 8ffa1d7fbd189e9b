"""The benchmark: do interpretability methods find what a network computes?"""
