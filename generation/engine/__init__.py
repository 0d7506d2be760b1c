"""The local engine: pictures composed on this server, with no AI image model and no network."""

VERSION = "1.0"
NAME = f"Visiona local engine {VERSION}"
