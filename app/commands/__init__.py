"""One module per sub-command: `NAME`, `add_parser(subparsers)` and `run(args)` giving the exit code."""
