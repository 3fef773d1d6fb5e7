"""The edge to engines, each behind a small promise in `adapters.ports`."""
