"""The faces: what people see. They draw the events of `app` and decide nothing."""
