"""The control API: the one place where a person can change something."""
