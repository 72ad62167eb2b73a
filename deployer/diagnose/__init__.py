"""What an engine died of, read from its log: the first cause among all ranks and threads."""
