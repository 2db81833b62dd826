"""What is answered to each address, one module a subject."""
