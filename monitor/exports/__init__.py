"""What leaves the house as files: one module a kind, each with `register(group)` for its command under `export`."""
