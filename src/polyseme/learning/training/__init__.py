"""Training on any loss by Adam: one driver, its step sizes, its checkpoints."""
