"""How each kind of thing is made: inputs in, files out; no rows, no credits."""
