"""The generated pages of the reference, a file for each."""
