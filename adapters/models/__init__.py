"""Weights on disk: which exist, where they come from, how they are fetched, checked and converted."""
