"""A service as the generator would write it, by hand and small: what the runtime is tested with."""
