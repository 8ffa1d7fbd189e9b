"""Networks found by descent: trained from nothing, or refined from compiled ones."""

from polyseme.learning import toy_models

__all__ = ["toy_models"]
