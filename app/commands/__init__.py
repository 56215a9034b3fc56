"""One module per sub-command: `NAME`, `add_parser(subparsers)`, and a `run(args)` that gives the exit code."""
