"""The command line: `modelgen generate`, `inspect`, `serve`."""
