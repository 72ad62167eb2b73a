"""The cache of DeepGEMM's kernels: compiled once for a release, kept on a volume, and proven."""
