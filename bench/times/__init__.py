"""How long a rollback takes: a fleet of real processes, clients that never stop, and what they saw."""
