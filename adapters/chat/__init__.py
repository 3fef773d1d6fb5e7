"""Chat models behind `ports.ChatModel`."""
