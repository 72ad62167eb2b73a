"""Writes ``docs/observability/``: a Grafana dashboard, Prometheus' alerts, and what they are about.

Every name in it is one of ``deployer/metrics.py`` or one of the engine's that ``names.py`` lists.
"""
