"""What SGLang's command line is, release by release: a generated JSON file each, with a loader."""
