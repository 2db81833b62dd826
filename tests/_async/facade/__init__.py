"""Every method of the client, on the embedded controller, in process and over HTTP."""
