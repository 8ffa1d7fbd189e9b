"""The target L0 of autoencoders on a layer of gates."""
