"""A file becomes stored, findable chunks: parse, split, embed, replace."""
