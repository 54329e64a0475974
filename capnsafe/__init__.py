"""An encoder for Cap'n Proto that cannot be hurt by its memory."""
