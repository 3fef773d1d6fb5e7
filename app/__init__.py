"""The two flows, a question and a file, and the one place that wires them (`app.build`)."""
