"""Between the package's values, the schemas and the messages."""
