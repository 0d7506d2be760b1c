"""How the fields of sign-in forms are shown."""
