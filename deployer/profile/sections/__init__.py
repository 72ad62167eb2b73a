"""One pydantic model for each section of a profile."""
