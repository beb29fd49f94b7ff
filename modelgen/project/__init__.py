"""The generated files on disk: the settings they come from, who owns each, how they are replaced."""
