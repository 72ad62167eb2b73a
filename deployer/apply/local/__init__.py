"""The local target: one supervised server for each name, its state in a folder of its own."""
