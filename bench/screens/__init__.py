"""The pages of the dashboard in front of a large store, and how long each takes."""
