"""The wheel, as somebody installs it who wants no extras."""
