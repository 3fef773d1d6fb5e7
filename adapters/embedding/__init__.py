"""Embedding models behind `ports.Embedder`."""
