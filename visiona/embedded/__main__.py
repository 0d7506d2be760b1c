"""`python -m visiona.embedded`: run everything on this machine."""

from visiona.embedded.machine import Machine, run, write_line

if __name__ == "__main__":
    run(Machine.from_environment(), write=write_line)
