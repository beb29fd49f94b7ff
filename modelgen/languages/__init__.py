"""How proto, JSON Schema, Python and TypeScript spell types, names, values and comments."""
