"""The adapters, each in the framework's own environment: `make test-integrations`."""
