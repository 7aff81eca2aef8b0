"""What to do: evidence, verdicts, stages and the people who approve."""
