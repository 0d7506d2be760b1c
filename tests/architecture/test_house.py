"""The rules of the house that no other tool checks."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.models import User
from billing.plans import FREE
from credits import selectors as credits_selectors
from generation import catalog, forms
from generation.engine import ads, film, illustration
from generation.engine import thumbnail as engine
from visiona.celery import app as celery_app
from visiona.embedded import machine
from visiona.webhooks import services as webhooks

ROOT = Path(__file__).parents[2]
APPS = ("visiona", "accounts", "credits", "billing", "generation", "gallery")
PRODUCT = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
DATA_MIGRATED = ("credits", "generation", "accounts")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", [*PRODUCT, *TESTS], ids=name_of)
def test_a_module_says_in_one_sentence_what_it_is_for(path: Path) -> None:
    if not path.read_text().strip() or re.search(r"migrations/\d{4}_", str(path)):
        return  # an empty package, or what Django wrote
    sentence = (ast.get_docstring(tree_of(path)) or "").partition("\n\n")[0].replace("\n", " ")
    assert sentence, "no docstring"
    assert sentence.endswith((".", "?")), sentence
    assert len(sentence) <= 200, sentence


def test_every_model_says_which_of_its_columns_are_about_a_person() -> None:
    for model in apps.get_models():
        if model._meta.app_label not in APPS:
            continue
        declared: Any = model.__dict__.get("pii")
        assert isinstance(declared, tuple), f"{model.__name__} declares no pii"
        known = {field.name for field in model._meta.get_fields()}
        assert set(declared) <= known, model
        assert inspect.getdoc(model), model


def test_what_is_queued_by_name_is_a_task() -> None:
    celery_app.loader.import_default_modules()
    tasks = set(celery_app.tasks)
    queued = {
        value
        for path in PRODUCT
        for call in calls(path)
        if getattr(call.func, "id", getattr(call.func, "attr", "")) == "enqueue"
        for value in [value_of(call.args[0], path)]
    }
    assert queued == {
        "accounts.tasks.revoke_clerk_session",
        "credits.tasks.post_adjustments",
        "generation.tasks.answer",
        "generation.tasks.finish_answer",
        "generation.tasks.run_job",
        "generation.tasks.check_upload",
        "generation.tasks.finish_removal",
        "visiona.webhooks.tasks.handle_events",
    }
    assert queued <= tasks
    timetable: dict[str, dict[str, Any]] = settings.CELERY["beat_schedule"]  # type: ignore[assignment]
    beats = {entry["task"] for entry in timetable.values()}
    assert len(beats) == len(timetable)
    assert beats <= tasks


def value_of(argument: ast.expr, path: Path) -> str:
    """What a name of a task comes to, where it is a constant of its module."""
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    module = importlib.import_module(name_of(path).removesuffix(".py").replace("/", "."))
    return str(attrgetter(ast.unparse(argument))(module))


def test_every_job_kind_has_a_pipeline_and_a_queue_that_a_worker_serves() -> None:
    for kind in catalog.KINDS.values():
        module, _, function = kind.pipeline.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function))
        assert kind.queue in catalog.QUEUES
    served = [name for hands in machine.WORKERS.values() for name in hands[1].split(",")]
    assert sorted(served) == sorted([*catalog.QUEUES, catalog.CHAT, webhooks.QUEUE])
    assert settings.CELERY["task_default_queue"] == webhooks.QUEUE


def names_bound(node: ast.AST) -> set[str]:
    """The names that a piece of code gives a meaning to."""
    match node:
        case ast.Import():
            return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        case ast.ImportFrom():
            return {alias.asname or alias.name for alias in node.names}
        case (
            ast.Name(id=name, ctx=ast.Store())
            | ast.arg(arg=name)
            | ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.ClassDef(name=name)
            | ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
        ):
            return {name}
    return set()


@pytest.mark.parametrize("path", [*PRODUCT, *TESTS], ids=name_of)
def test_the_builtin_credits_is_never_imported_nor_assigned(path: Path) -> None:
    lines = [
        getattr(node, "lineno", 0)
        for node in ast.walk(tree_of(path))
        if "credits" in names_bound(node)
    ]
    assert lines == [], "Python has a builtin of this name: a forgotten import would stay silent"


@pytest.mark.parametrize(
    "line",
    [
        "import credits",
        "import credits.services",
        "import x as credits",
        "from x import credits",
        "credits = 1",
        "credits: int = 1",
        "for credits in (): pass",
        "(credits := 1)",
        "def f(credits): pass",
        "def f(*, credits=1): pass",
        "def credits(): pass",
        "with x as credits: pass",
        "try: pass\nexcept ValueError as credits: pass",
    ],
)
def test_the_rule_sees_every_way_to_take_the_name(line: str) -> None:
    assert any("credits" in names_bound(node) for node in ast.walk(ast.parse(line)))


@pytest.mark.parametrize("kind", catalog.KINDS.values(), ids=catalog.KINDS)
def test_everything_on_offer_costs_something_and_starts_with_what_it_offers(
    kind: catalog.Kind,
) -> None:
    assert kind.price > 0
    assert kind.max_count >= 1
    for name, values in kind.options.items():
        default = kind.defaults[name]
        assert set(default if isinstance(default, list) else [default]) <= set(values)
    for count in range(1, kind.max_count + 1):
        quote = catalog.quote(kind=kind.name, params={"count": count}, is_local=False)
        priced = count if kind.is_priced_by_piece else 1
        assert quote.price == priced * kind.price == sum(line.amount for line in quote.lines)


def test_the_catalogue_offers_exactly_what_the_engine_draws() -> None:
    assert catalog.THUMBNAIL.options == {
        "style": engine.STYLES,
        "color_scheme": engine.COLOR_SCHEMES,
        "aspect_ratio": tuple(engine.ASPECT_RATIOS),
    }
    assert catalog.IMAGE.options == {"aspect_ratio": tuple(illustration.ASPECT_RATIOS)}
    assert catalog.PRODUCT_AD.options == {
        "style": ("auto", *ads.STYLES),
        "formats": tuple(ads.FORMATS),
    }
    assert catalog.MAX_PRODUCT_PHOTOS <= ads.MOST_PHOTOS
    assert catalog.VIDEO.options == {
        "quality": film.QUALITIES,
        "aspect_ratio": film.ASPECT_RATIOS,
        "music": film.MUSIC,
    }


def test_the_studio_offers_exactly_what_the_catalogue_does() -> None:
    offered: dict[str, set[str]] = {}
    for kind in catalog.KINDS.values():
        for option, values in kind.options.items():
            assert tuple(value for value, _ in forms.choices_of(kind, option)) == values
            offered.setdefault(option, set()).update(values)
    assert set(forms.LABELS) == set(offered)
    labeled = {name for labels in forms.LABELS.values() for name in labels}
    assert labeled <= {value for values in offered.values() for value in values}


def test_the_free_plan_brings_what_a_new_person_gets(alice: User) -> None:
    assert FREE.credit_amount == credits_selectors.wallet_of(user=alice).available == 20
    assert not FREE.recurring


def public_functions(path: Path) -> list[ast.FunctionDef]:
    return [
        node
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


SERVICES = [
    path
    for path in PRODUCT
    if path.name in {"services.py", "selectors.py", "doors.py"} or path.parent.name == "services"
]


@pytest.mark.parametrize("path", SERVICES, ids=name_of)
def test_a_public_service_or_selector_says_what_it_does_and_takes_names(path: Path) -> None:
    for function in public_functions(path):
        where = f"{name_of(path)}:{function.lineno} {function.name}"
        assert ast.get_docstring(function), where
        arguments = function.args
        assert not arguments.args, f"{where}: keyword-only"


def test_nobody_connects_to_a_signal_of_a_model() -> None:
    for path in PRODUCT:
        assert "django.db.models.signals" not in path.read_text(), path


def test_only_the_clock_asks_for_the_time() -> None:
    for path in PRODUCT:
        if path.name != "clock.py" and "embedded" not in path.parts:
            assert "datetime.now(" not in path.read_text(), path
            assert "timezone.now(" not in path.read_text(), path


def test_every_migration_can_be_taken_back() -> None:
    loader = MigrationLoader(None)
    for (app, name), migration in loader.disk_migrations.items():
        if app in APPS:
            for operation in migration.operations:
                assert operation.reversible, f"{app}.{name}: {operation}"


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.django_db(transaction=True)
def test_our_migrations_go_back_to_nothing_and_forth_again() -> None:
    before = objects()
    try:
        for app in ("generation", "credits", "accounts"):
            call_command("migrate", app, "zero", verbosity=0)
        left = {name for _kind, name in objects() if name.startswith(APPS[1:])}
        assert left == set()
    finally:
        call_command("migrate", verbosity=0)
    assert objects() == before


def objects() -> set[tuple[str, str]]:
    """Every table, function, trigger, policy and type that there is, with its rights."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'table', relname || coalesce(relacl::text, '')"
            "  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
            " UNION SELECT 'function', proname || coalesce(proacl::text, '')"
            "  FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " UNION SELECT 'trigger', tgname || tgrelid::regclass"
            "  FROM pg_trigger WHERE NOT tgisinternal"
            " UNION SELECT 'policy', polname || polrelid::regclass || coalesce("
            "   pg_get_expr(polqual, polrelid), '') FROM pg_policy"
            " UNION SELECT 'type', typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
            "   AND typtype = 'c'"
        )
        return set(cursor.fetchall())


def test_nothing_of_the_models_waits_for_a_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
