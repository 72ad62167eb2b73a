"""How fast a profile would be, asked of a model of the hardware: optional, and never measured."""
