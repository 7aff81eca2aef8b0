"""Real recognisers behind the real proxy: see docs/real-models.md."""
