"""From the JSON of the wire to the models that callers hold."""
