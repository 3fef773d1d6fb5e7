"""The pages on which people with a duty work: which there are, who may open them, and the frame they share."""
