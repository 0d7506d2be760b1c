"""The gateway: OpenAI's addresses and shapes, for programs that speak them already."""
