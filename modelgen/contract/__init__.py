"""What a package promises its callers, and the numbers that promise keeps. Standard library only, no I/O."""
