"""What operators use: the `numberbank` command line, the local stack and the demo."""
