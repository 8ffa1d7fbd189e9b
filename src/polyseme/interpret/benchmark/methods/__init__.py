"""Methods of the benchmark, one file each."""
