"""Run everything on this machine, embedded servers included."""

import os

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from visiona.embedded.machine import Machine, run, write_line


class Command(BaseCommand):
    help = "Run everything on this machine: servers, migrations, web, workers, beat."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        machine = Machine(
            base_dir=settings.BASE_DIR,
            data_dir=settings.DATA_DIR,
            host=settings.HOST,
            port=settings.PORT,
            database_url=os.environ.get("DATABASE_URL", ""),
            web_url=os.environ.get("DATABASE_WEB_URL", ""),
            jobs_url=os.environ.get("DATABASE_JOBS_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
        )
        run(machine, write=write_line, has_migrations=_has_migrations)


def _has_migrations() -> bool:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    return bool(plan)
