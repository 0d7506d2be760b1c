"""The studio assistant: it answers in the chat by rules, where no language model is connected."""
