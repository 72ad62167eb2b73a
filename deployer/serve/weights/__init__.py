"""The model's weights: fetched, proven to be what the hub states, and marked complete."""
