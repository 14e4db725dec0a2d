"""The command line: one file a verb; rooms are imported inside the functions."""
