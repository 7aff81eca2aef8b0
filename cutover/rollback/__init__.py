"""What a rollback waits for, whose turn it is, and whether there is anywhere to go."""
