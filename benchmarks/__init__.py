"""What `make bench` measures: whole processes, side by side with other tools on the same work."""
