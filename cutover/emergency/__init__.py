"""What a person does at once: switches, drains, incidents, and the drill of a rollback."""
