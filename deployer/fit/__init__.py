"""What one GPU's memory holds: weights, KV pool, graphs and activations; and what fits."""
