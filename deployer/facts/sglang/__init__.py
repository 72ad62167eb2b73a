"""What SGLang's command line is, release by release: one generated JSON file each, and its loader."""
