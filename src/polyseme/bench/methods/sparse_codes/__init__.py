"""What autoencoders and transcoders share: sparse codes, learned by descent."""
