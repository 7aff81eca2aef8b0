"""Load on a candidate alone, and what it reaches of the policy's targets. Start reading at `run.accept`."""
