"""What runs beside the engine: launch, readiness, warm-up, liveness, drain."""
