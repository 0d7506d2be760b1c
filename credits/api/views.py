"""The statement of my wallet."""

from django.db.models import QuerySet
from rest_framework.generics import ListAPIView

from credits import selectors
from credits.api.serializers import EntryOutput
from credits.models import Entry


class EntryList(ListAPIView[Entry]):
    """What changed my balance, newest first."""

    serializer_class = EntryOutput

    def get_queryset(self) -> QuerySet[Entry]:
        return selectors.statement_of(user=self.request.user)  # type: ignore[arg-type]
