"""Run everything on this machine, embedded servers included."""

from django.core.management.base import BaseCommand

from visiona.embedded.machine import Machine, run, write_line


class Command(BaseCommand):
    help = "Run everything on this machine: servers, migrations, web, workers, beat."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        run(Machine.from_environment(), write=write_line)
