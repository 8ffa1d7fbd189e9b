"""Studies: grids of tasks that run on processes or a cluster, each result a file written whole."""
