"""Chat engines: each keeps `adapters.ports.ChatModel`."""
