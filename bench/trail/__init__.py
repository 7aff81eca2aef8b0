"""The parts of `make bench-audit`: what the event log costs, and what an export takes."""
