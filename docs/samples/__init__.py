"""Pictures that show what the engine makes, and the program that draws them."""
