"""Toy models of superposition: sparse features squeezed into few numbers, by training."""

from polyseme.learning.toy_models.figures import FIGURES, figure
from polyseme.learning.toy_models.toy_figure import ToyFigure

__all__ = ["FIGURES", "ToyFigure", "figure"]
