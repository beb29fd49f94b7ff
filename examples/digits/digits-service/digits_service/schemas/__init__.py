"""What JSON requests and responses look like."""
