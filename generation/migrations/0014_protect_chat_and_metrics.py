"""Bind conversations, messages and the numbers of requests to their person."""

from pathlib import Path

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

MESSAGES = (Path(__file__).parents[1] / "sql" / "messages.sql").read_text()
FORGET_MESSAGES = """
DROP TRIGGER born ON generation_message;
DROP TRIGGER moves ON generation_message;
DROP FUNCTION generation_message_born, generation_message_moves;
"""

# Whose words a provider made better pays for it by a row: of cents, or the day's budget for
# everybody would be in one person's hand.
CALLS_OF_CENTS = """
ALTER POLICY app_insert ON generation_providercall
  WITH CHECK (user_id = (SELECT acting_user()) AND coalesce(cost_micro_usd, 0) <= 1000000);
"""
CALLS_OF_ANY_COST = """
ALTER POLICY app_insert ON generation_providercall
  WITH CHECK (user_id = (SELECT acting_user()));
"""

# What the request itself may write: questions, answers that cost nothing, and answers to come.
NOTHING_SPENT = f"{OWN_ROWS} AND (status = 'waiting' OR price = 0)"

# A message belongs to whom its conversation belongs, whatever an order names.
SAME_PERSON = """
ALTER TABLE generation_conversation ADD CONSTRAINT conversation_person UNIQUE (id, user_id);
ALTER TABLE generation_message ADD CONSTRAINT message_in_own_conversation
  FOREIGN KEY (conversation_id, user_id) REFERENCES generation_conversation (id, user_id)
  DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE generation_message ADD CONSTRAINT message_place UNIQUE (id, conversation_id);
ALTER TABLE generation_message ADD CONSTRAINT message_in_same_conversation
  FOREIGN KEY (parent_id, conversation_id) REFERENCES generation_message (id, conversation_id)
  DEFERRABLE INITIALLY DEFERRED;
"""
ANYBODY = """
ALTER TABLE generation_message DROP CONSTRAINT message_in_same_conversation;
ALTER TABLE generation_message DROP CONSTRAINT message_place;
ALTER TABLE generation_message DROP CONSTRAINT message_in_own_conversation;
ALTER TABLE generation_conversation DROP CONSTRAINT conversation_person;
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0013_add_chat_and_metrics")]

    operations = [
        ProtectTable(
            "generation_conversation",
            app={
                "SELECT": OWN_ROWS,
                "INSERT": OWN_ROWS,
                "UPDATE (title, tip_id, updated_at, deleted_at)": OWN_ROWS,
            },
        ),
        ProtectTable(
            "generation_message",
            app={
                "SELECT": OWN_ROWS,
                "INSERT": NOTHING_SPENT,
                "UPDATE (stop_requested_at)": OWN_ROWS,
            },
        ),
        ProtectTable(
            "generation_requestmetric", app={"SELECT": OWN_ROWS, "INSERT": OWN_ROWS}
        ),
        migrations.RunSQL(SAME_PERSON, ANYBODY),
        migrations.RunSQL(MESSAGES, FORGET_MESSAGES),
        migrations.RunSQL(CALLS_OF_CENTS, CALLS_OF_ANY_COST),
    ]
