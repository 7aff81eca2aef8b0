"""Stored requests that are sent to a candidate again, off-peak."""
