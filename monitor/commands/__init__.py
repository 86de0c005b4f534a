"""The commands of `nianbao`, by what they are for. Each module's `register(app)` adds its own."""
