"""Places: painted from height maps and noise, or seen in a photographed panorama."""
