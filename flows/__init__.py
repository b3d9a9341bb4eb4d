"""How it is run: the command line and Prefect."""
