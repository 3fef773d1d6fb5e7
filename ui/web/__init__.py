"""The web face: a Gradio page inside a FastAPI application that guards every path."""
