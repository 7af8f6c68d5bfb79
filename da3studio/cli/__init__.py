"""The command line: parsing, words and exit codes; the work itself is done below it."""
