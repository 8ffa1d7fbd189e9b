"""The benchmark as it is run: tasks, their files, and `ps.bench`."""
