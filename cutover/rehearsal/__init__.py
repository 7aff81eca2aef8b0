"""Rehearsal: recorded answers replayed through the real proxy, before touching production."""
