"""The `crossfade` command: composes everything, and imports what a command needs when it runs."""
