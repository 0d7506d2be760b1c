"""The URLs of the statement, and of staff who adjust wallets."""

from django.urls import path

from credits.views import adjustments, statement

app_name = "credits"
urlpatterns = [
    path("credits/", statement.statement, name="statement"),
    path("credits/statement.csv", statement.statement_csv, name="statement_csv"),
    path("staff/credits/", adjustments.adjustments, name="adjustments"),
    path("staff/credits/propose/", adjustments.propose, name="propose_adjustment"),
    path("staff/credits/decide/", adjustments.decide, name="decide_adjustment"),
]
