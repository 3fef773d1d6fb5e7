"""The measuring instruments: each runs the product's own code path over a question set and returns plain figures."""
