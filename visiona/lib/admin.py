"""The staff's admin: tables to look at, column by named column, and nothing to change."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.admin import ListFilter, ModelAdmin, ShowFacets, SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import FETCH_RAISE, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.csp import CSP
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from unfold.sites import UnfoldAdminSite

from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import NotFound
from visiona.lib.problem import MethodNotAllowed

MOST_LISTED = 2_000  # rows; who looks for an older one searches or filters
ROWS_A_PAGE = 50
NOTHING = "-"
# Unfold's scripts evaluate what its own templates say, and set styles; no row is among that.
ADMIN_CSP: dict[str, Any] = settings.SECURE_CSP | {
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}

View = Callable[..., HttpResponseBase]


class Site(UnfoldAdminSite):  # type: ignore[misc] # untyped
    """The admin: for staff, by the product's own door, with the rights of staff on the database."""

    index_title = "Tables"
    index_template = app_index_template = "admin/tables.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody works for us."""
        return bool(getattr(request.user, "is_admin", False))

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001, FBT002 (Django's signature)
        """Let staff look; everybody else finds nothing, and nobody can send anything."""
        del cacheable
        shown = csp_override(ADMIN_CSP)(view)

        @never_cache
        def answer(request: HttpRequest, **places: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise NotFound
            if request.method not in {"GET", "HEAD"}:
                raise MethodNotAllowed
            with act_as(Actor(role="staff", user_id=request.user.pk)):
                return _rendered(shown(request, **places))

        return answer

    def get_urls(self) -> list[URLPattern]:
        """Return the overview, and each table's list and rows: no doors and no forms."""
        return [
            path("", self.admin_view(self.index), name="index"),
            path("<slug:app_label>/", self.admin_view(self.app_index), name="app_list"),
            *(address for table in self.tables() for address in table.get_urls()),
        ]

    def tables(self) -> list["ReadOnlyAdmin"]:
        """Return every table that is shown."""
        return list(self._registry.values())

    def get_log_entries(self, _request: HttpRequest) -> tuple[()]:
        """Return nothing: who changes nothing leaves no trace to show."""
        return ()


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[type-arg] # not generic when it runs
    """One table: the columns that staff need, never what people said, wrote or made.

    Only `columns` are read from the database. Asking a row for another one raises, so that no
    display can give it away by mistake.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    """What a row's page shows, by the names of columns: `user_id`, not `user`."""
    search_fields: ClassVar[tuple[str, ...]] = ("id",)
    """Which columns the search looks for exactly this value in."""
    admin_site: Site

    actions = None
    sortable_by = ()
    ordering = ("-pk",)
    list_per_page = list_max_show_all = ROWS_A_PAGE
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    change_list_template = "admin/rows.html"
    list_filter_sheet = True  # for Unfold: filters open over the list

    def get_urls(self) -> list[URLPattern]:
        """Return where the list is, and where each row is."""
        app_label, name = self.opts.app_label, self.opts.model_name
        place, look = f"{app_label}/{name}/", self.admin_site.admin_view
        return [
            path(place, look(self.changelist_view), name=f"{app_label}_{name}_changelist"),
            path(f"{place}<uuid:row_id>/", look(self.row_view), name=f"{app_label}_{name}_change"),
        ]

    def row_view(self, request: HttpRequest, row_id: UUID) -> TemplateResponse:
        """Show one row, with links to those it names and to lists of those that name it.

        Raises NotFound.
        """
        row = self.get_queryset(request).filter(pk=row_id).first()
        if row is None:
            raise NotFound
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{self.opts.verbose_name} {row_id}".capitalize(),
            "original": row,
            "facts": [self._fact(row, name) for name in self.columns],
            "related": [
                (table.opts.verbose_name_plural, table.address_of_search(row_id))
                for table in self.admin_site.tables()
                if table.names(self.model)
            ],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/row.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return rows that know their columns and refuse to be asked for more."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.only(*self.columns).fetch_mode(FETCH_RAISE)

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *_: Any, **__: Any
    ) -> "Paginator[Any]":
        """Return a paginator over the first rows alone."""
        return FirstRows(queryset, per_page)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows in which a column is exactly what was searched for."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(pk__in=())
        for name in self.search_fields:
            try:
                value = cast("Any", self.opts.get_field(name)).to_python(term)
            except ValidationError:
                continue
            wanted |= Q(**{name: value})
        return queryset.filter(wanted), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether an address may filter by this: what filters offer, lest it probes the rest."""
        offered = {getattr(one, "parameter_name", one) for one in self.list_filter}
        return lookup.partition("__")[0] in offered

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    has_module_permission = has_view_permission

    def address_of(self, row_id: Any) -> str:
        """Return where a row of this table is shown."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row_id])

    def address_of_search(self, term: Any) -> str:
        """Return where rows of this table are listed that name something."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return f"{address}?{urlencode({SEARCH_VAR: term})}"

    def names(self, model: type[Model]) -> bool:
        """Whether rows of this table can be searched for a row of that one."""
        return any(self._model_named_by(name) is model for name in self.search_fields)

    def _fact(self, row: Model, name: str) -> tuple[str, str, str]:
        """Return what a column is called, what it holds, and where the row is that it names."""
        value, named, address = getattr(row, name), self._model_named_by(name), ""
        if named and value is not None and self.admin_site.is_registered(named):
            address = self.admin_site.get_model_admin(named).address_of(value)
        return name.replace("_", " "), in_words(value), address

    def _model_named_by(self, name: str) -> type[Model] | None:
        return getattr(self.opts.get_field(name), "related_model", None)


class FirstRows(Paginator):  # type: ignore[type-arg] # not generic when it runs
    """Pages of the first rows: a table with millions is never counted."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, up to what is listed at most."""
        rows: Any = self.object_list
        return int(rows[:MOST_LISTED].count())


def choice_of(name: str, values: Iterable[str]) -> type[ListFilter]:
    """Return a filter by known values of a column; Django's own would read the whole table."""
    lookups = [(value, value) for value in values]

    class Choice(SimpleListFilter):
        title = name.replace("_", " ")
        parameter_name = name

        def lookups(self, *_: Any) -> list[tuple[str, str]]:
            return lookups

        def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
            return rows.filter(**{name: self.value()}) if self.value() else rows

    return Choice


def in_words(value: Any) -> str:
    """Return a value as staff read it: moments to the second, nothing as a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return str(value)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side bar: the pages of staff, then every table by its app."""
    pages = [{"title": title, "link": address} for title, address in STAFF_PAGES]
    tables = [
        {
            "title": app["name"],
            "separator": True,
            "items": [
                {"title": table["name"], "link": table["admin_url"]} for table in app["models"]
            ],
        }
        for app in site.get_app_list(request)
    ]
    return [{"title": "Staff", "items": pages}, *tables]


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    """Render now: a template that reads rows later would do so with other rights."""
    return response.render() if isinstance(response, TemplateResponse) else response


STAFF_PAGES = (
    ("Numbers", "/staff/"),
    ("Providers", "/staff/providers/"),
    ("Trace a request", "/staff/trace/"),
    ("Adjust credits", "/staff/credits/"),
)
site = Site()
