"""The review of the event log: once a day all of it is held against what was signed, and what was found is an event."""
