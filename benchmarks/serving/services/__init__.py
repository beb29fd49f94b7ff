"""What a generated service is measured beside, each written as its own documentation has it."""
