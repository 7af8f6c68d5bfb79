"""The project folder: what is asked for, and the results found by their recipe."""
