"""`python -m sekha.cli`: the same as `sekha-memory`."""

from . import main

main()
