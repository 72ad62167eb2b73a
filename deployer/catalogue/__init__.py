"""Makes the flag catalogues of SGLang releases from their published wheels.

A wheel is read as a zip and its sources as syntax trees: nothing of it is imported or executed.
"""
