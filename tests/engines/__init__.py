"""The real parsers of SGLang's releases, for the tests of every room."""
