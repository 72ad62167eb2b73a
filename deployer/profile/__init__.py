"""What an author may write: sections, the strict YAML loader, and the place of every value."""
