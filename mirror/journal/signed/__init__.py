"""The signed log: Merkle trees over the events, signed checkpoints, hourly digests, and who signs them."""
