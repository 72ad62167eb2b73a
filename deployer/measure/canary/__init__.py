"""How often an endpoint is right: fixed questions whose answers can be checked."""
