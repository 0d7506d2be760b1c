"""The pages of the studio, of jobs and of photos."""
