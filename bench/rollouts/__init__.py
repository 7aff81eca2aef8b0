"""The parts of `make bench-cutover`: simulated worlds, the project's own processes on arrays, and its peers."""
