"""What the comparisons of a rollout show, and how surely: sessions, gates, verdicts."""
