"""The command line: thin, no arithmetic of its own."""
