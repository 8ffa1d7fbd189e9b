"""The kinds of region, one per file: the width, the placing and the failures of each."""
