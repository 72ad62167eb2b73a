"""One module for each check, and a catalogue that lists them."""
