"""The construction of Adler and Shavit, one channel or pass per file."""
