"""The only shared code that touches the outside: settings, clock, database, broker, files, logs, run loop."""
