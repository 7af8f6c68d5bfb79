"""What `packaging/bootstrap.py` does; standard library only, as nothing else is installed yet."""
