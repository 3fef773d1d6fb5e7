"""The document store, which is the truth, and the indexes, which are its disposable copies."""
