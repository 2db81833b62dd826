"""The same scenarios on every controller: embedded, as the public one was recorded, and live."""
