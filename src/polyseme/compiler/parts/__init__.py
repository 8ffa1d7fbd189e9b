"""Parts that several constructions share."""
