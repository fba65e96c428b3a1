"""`python -m services.ops` is `numberbank`."""

from services.ops.cli import main

main()
