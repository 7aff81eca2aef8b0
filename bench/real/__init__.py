"""Real models behind the real proxy: see docs/real-models.md."""
