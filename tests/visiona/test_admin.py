"""Staff look at rows, and at nothing that people said or made; nobody else learns of the admin."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import FieldFetchBlocked
from django.db import connection, models
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from generation.models import Conversation, Job, Message, RequestMetric
from tests import chats
from tests.factories import Household
from visiona.admin import APPS
from visiona.lib import admin, clock
from visiona.lib.admin import ReadOnlyAdmin, site
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
MOST_QUERIES = 9
MARK = "qqmarkerqq"
# What staff see although it says who somebody is: people who ask for help give it.
SHOWN_OF_A_PERSON = {("accounts.User", "email")}
SECRET = {"password", "digest", "hash", "head_hash", "key", "submission", "file", "preview"}
INDEX = "/admin/"
GONE = (
    "login/",
    "logout/",
    "password_change/",
    "jsi18n/",
    "autocomplete/",
    "search/",
    "add/",
    "r/1/1/",
    "accounts/user/add/",
    "admin/logentry/",
    "generation/project/",
    "accounts/idempotencykey/",
)


def name_of(table: ReadOnlyAdmin) -> str:
    label: str = table.opts.label
    return label


TABLES = sorted(site.tables(), key=name_of)


def path_of(table: ReadOnlyAdmin) -> str:
    return f"{INDEX}{table.opts.app_label}/{table.opts.model_name}/"


def rows_of(table: ReadOnlyAdmin) -> Any:
    return table.model._base_manager.all()


def private_columns(table: ReadOnlyAdmin) -> list[str]:
    pii = [(name_of(table), name) for name in table.model.pii]
    return [name for label, name in pii if (label, name) not in SHOWN_OF_A_PERSON]


def addresses() -> list[str]:
    """Every page of the admin, with a row of each table."""
    rows = [f"{path_of(table)}{rows_of(table).latest('pk').pk}/" for table in TABLES]
    return [INDEX, f"{INDEX}credits/", *map(path_of, TABLES), *rows]


@pytest.fixture
def bob(households: tuple[Household, Household]) -> Household:
    """He has something of everything, and what no household has by itself."""
    _alice, bob = households
    conversation = Conversation.objects.create(user=bob.user, title="Hello")
    message = Message.objects.create(
        user=bob.user,
        conversation=conversation,
        role="user",
        text="Hello",
        finished_at=clock.now(),
    )
    RequestMetric.objects.create(
        user=bob.user,
        request_id="bobs-request",
        operation="chat",
        message_id=message.pk,
        total_ms=12.5,
        status="ok",
    )
    WebhookEvent.objects.create(sender="replicate", event_id="event-1", body=b"{}")
    return bob


@pytest.fixture
def staff(households: tuple[Household, Household], client: Client) -> Client:
    """The browser of Alice, who works for us."""
    alice, _bob = households
    User.objects.filter(pk=alice.user.pk).update(role=Role.ADMIN)
    client.force_login(User.objects.get(pk=alice.user.pk))
    client.get("/account/")  # notes where she is signed in
    return client


def look(staff: Client, address: str) -> str:
    """Return a page that staff get, for few queries."""
    with CaptureQueriesContext(connection) as queries:
        answer = staff.get(address)
    assert answer.status_code == 200, address
    assert len(queries) <= MOST_QUERIES, address
    page = str(answer.content.decode())
    assert "/static/admin/" not in page, "it is not collected: visiona/apps.py"
    return page


def mark(table: ReadOnlyAdmin, name: str) -> None:
    """Put the marker into a private column of the newest row of a table."""
    field = table.opts.get_field(name)
    value: Any = f"https://{MARK}.example/" if isinstance(field, models.URLField) else MARK
    if isinstance(field, models.JSONField):
        value = {"prompt": MARK}
    if isinstance(field, models.BinaryField):
        value = MARK.encode()
    newest = rows_of(table).latest("pk")
    if isinstance(newest, Message):
        chats.rewrite(newest, **{name: value})
        return
    assert rows_of(table).filter(pk=newest.pk).update(**{name: value}) == 1, f"{table}: {name}"


def test_staff_see_everybodys_rows_but_nothing_that_people_said_or_made(
    staff: Client, bob: Household
) -> None:
    marked = [(table, name) for table in TABLES for name in private_columns(table)]
    assert len(marked) >= 20
    for table, name in marked:
        mark(table, name)

    for table in TABLES:
        row = rows_of(table).latest("pk")
        rows, page = look(staff, path_of(table)), look(staff, f"{path_of(table)}{row.pk}/")
        assert f"{path_of(table)}{row.pk}/" in rows, table
        for name in table.columns:
            assert name.replace("_", " ").capitalize() in page, table
            assert admin.in_words(getattr(row, name)) in page, f"{table}: {name}"
        assert MARK not in rows + page, table


def test_the_overview_names_every_table_and_the_pages_of_staff(staff: Client) -> None:
    page = look(staff, INDEX)
    for place in (*map(path_of, TABLES), "/staff/", "/staff/providers/", "/staff/trace/"):
        assert f'href="{place}"' in page
    assert 'action="/accounts/logout/"' in page
    assert staff.get(f"{INDEX}credits/").context["app_list"][0]["app_label"] == "credits"


def test_no_column_about_a_person_is_shown_or_searched() -> None:
    for table in TABLES:
        asked = {*table.columns, *table.list_display, *table.search_fields}
        assert asked & {*private_columns(table), *SECRET} == set(), table
        assert set(table.list_display) <= set(table.columns), table
        for field in table.opts.concrete_fields:
            if isinstance(field, (models.JSONField, models.TextField, models.BinaryField)):
                assert field.attname not in asked, table


def test_a_row_refuses_to_tell_what_is_not_shown(bob: Household) -> None:
    for table in TABLES:
        row = table.get_queryset(HttpRequest())[0]
        for field in table.opts.concrete_fields:
            if field.attname not in table.columns:
                with pytest.raises(FieldFetchBlocked):
                    getattr(row, field.attname)


@pytest.mark.parametrize(
    "query",
    [
        "generation/job/?enhanced_prompt__contains=a",
        "generation/job/?params__prompt__contains=a",
        "generation/message/?text__startswith=a",
        "accounts/user/?password__startswith=a",
        "accounts/apitoken/?user__password__startswith=a",
        "credits/entry/?wallet__user__name__contains=a",
    ],
)
def test_an_address_cannot_probe_what_is_not_shown(query: str, staff: Client) -> None:
    assert staff.get(f"{INDEX}{query}").status_code == 400


@pytest.mark.parametrize("query", ["q=%00", "q=" + "z" * 3000, "p=zz", "p=999", "o=1.zz", "e=1"])
def test_nonsense_in_an_address_breaks_nothing(query: str, staff: Client) -> None:
    assert staff.get(f"{INDEX}generation/job/?{query}", follow=True).status_code == 200


def test_nobody_and_people_do_not_get_in(bob: Household) -> None:
    nobody, people = Client(), Client()
    people.force_login(bob.user)
    for address in addresses():
        door = f"/accounts/login/?next={address}"
        answer = nobody.get(address)
        assert (answer.status_code, answer["Location"]) == (302, door)
        for method in ("get", "post"):
            assert getattr(people, method)(address).status_code == 404
    assert INDEX not in people.get("/account/").content.decode()


def test_staff_change_nothing(staff: Client, bob: Household) -> None:
    before = everything()
    for address in addresses():
        assert staff.post(address, {"action": "delete_selected"}).status_code == 405, address
        assert staff.delete(address).status_code == 405, address
    for form in ("add/", "change/", "delete/", "history/"):
        place = f"{INDEX}generation/job/{bob.waiting.pk}/{form}"
        assert (staff.get(place).status_code, staff.post(place).status_code) == (404, 404), form
    for address in GONE:
        assert staff.get(f"{INDEX}{address}").status_code == 404, address
    assert everything() == before


def everything() -> list[Any]:
    return [list(rows_of(table).order_by("pk").values()) for table in TABLES]


def test_rows_are_found_by_what_is_known_of_them(staff: Client, bob: Household) -> None:
    his_jobs = Job.objects.filter(user=bob.user).count()
    films = Job.objects.filter(kind="video").count()
    found = {
        f"generation/job/?q={bob.waiting.pk}": 1,
        f"generation/job/?q={bob.user.pk}": his_jobs,
        f"generation/job/?q={uuid4()}": 0,
        "generation/job/?kind=video": films,
        f"generation/job/?kind=video&q={bob.user.pk}": 1,
        "generation/requestmetric/?q=bobs-request": 1,
        "generation/requestmetric/?q=bobs": 0,
        "accounts/user/?q=BOB@example.com": 1,
        "accounts/user/?q=bob": 0,
        f"credits/entry/?q={bob.user.pk}&kind__exact=grant": 3,
        f"{path_of(site.get_model_admin(Job)).removeprefix(INDEX)}{uuid4()}/": None,
    }
    for query, count in found.items():
        answer = staff.get(f"{INDEX}{query}")
        if count is None:
            assert answer.status_code == 404, query
        else:
            assert answer.context["cl"].result_count == count, query
    assert (his_jobs, films) > (1, 1)


def test_a_row_leads_to_those_it_names_and_to_those_that_name_it(
    staff: Client, bob: Household
) -> None:
    page = look(staff, f"{INDEX}generation/job/{bob.delivered.pk}/")
    for place in (
        f"{INDEX}accounts/user/{bob.user.pk}/",
        f"{INDEX}credits/reservation/{bob.delivered.reservation_id}/",
        f"{INDEX}generation/asset/?q={bob.delivered.pk}",
    ):
        assert f'href="{place}"' in page
        look(staff, place)


def test_a_long_table_is_never_counted_whole(
    staff: Client, bob: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "MOST_LISTED", 2)
    listed = staff.get(path_of(site.get_model_admin(Job))).context["cl"]
    assert (listed.result_count, listed.full_result_count) == (2, None)


def test_only_the_admin_may_set_styles_and_evaluate(staff: Client) -> None:
    relaxed, strict, redirect = (
        browser.get(page)["Content-Security-Policy"]
        for browser, page in ((staff, INDEX), (staff, "/studio/"), (Client(), INDEX))
    )
    assert "script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline';" in relaxed
    for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in relaxed
    assert "unsafe" not in strict + redirect
    assert "no-store" in staff.get(INDEX)["Cache-Control"]


def test_only_addresses_lead_to_the_admin() -> None:
    """Workers and streams need not carry its code, so nothing else may import it."""
    importers = {
        str(path.relative_to(ROOT))
        for app in ("visiona", "accounts", "credits", "billing", "generation", "gallery")
        for path in (ROOT / app).rglob("*.py")
        if "visiona.lib.admin" in path.read_text()
    }
    pages = {f"{app.replace('.', '/')}/admin.py" for app in APPS}
    named = {"visiona/admin.py", "visiona/settings.py"}
    assert importers == pages | named
