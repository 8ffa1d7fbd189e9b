"""The kinds of region, one per file: how wide each is, how its terms are placed, how it fails."""
