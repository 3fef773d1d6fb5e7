"""The interfaces for programs: our own under `/api/v1`, the OpenAI-compatible one under `/v1`."""
