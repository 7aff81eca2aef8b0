"""Errors that are put into good answers, one at a time, and how well signals tell them."""
