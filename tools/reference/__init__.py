"""The pages of the reference that are made from code: keys of a profile, verbs and options."""
