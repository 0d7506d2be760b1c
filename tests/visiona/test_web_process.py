"""What an injected statement could do as the web process: neither mint, nor forge a likeness."""

import psycopg
import pytest
from psycopg import errors

from tests import databases, factories
from visiona.embedded.throwaway import Servers
from visiona.lib.db.actor import act_as_user

MONEY = (
    "SELECT credits_deposit('{me}', 'grant', 1000, 'mine', 'A gift')",
    "SELECT credits_settle('{me}', 'release')",
    "SELECT credits_refund('{me}', 10, 'mine', 'Sorry')",
    "SELECT credits_expire_due(10)",
    "SELECT * FROM credits_audit()",
    "SELECT credits_post(NULL, 'grant', 1000, 0, NULL, 'mine', 'A gift', '', NULL)",
    "SELECT credits_revoke('{me}', 'welcome', 20, 'mine', 'Money back')",
    "SELECT credits_reinstate('{me}', 'mine', 'Dispute won')",
    "SELECT credits_lapse_due(10)",
    "SELECT credits_collect('{me}')",
    "INSERT INTO credits_lot (user_id) VALUES ('{me}')",
    "UPDATE credits_lot SET expires_at = NULL, remaining = amount",
    "DELETE FROM credits_move",
    "UPDATE credits_revocation SET taken = 0",
    "INSERT INTO billing_payment (user_id) VALUES ('{me}')",
    "UPDATE billing_payment SET status = 'paid'",
    "INSERT INTO billing_subscription (user_id) VALUES ('{me}')",
    "UPDATE billing_subscription SET plan = 'premium'",
    "UPDATE accounts_user SET role = 'subscriber'",
    "UPDATE credits_wallet SET balance = 1000",
    "UPDATE credits_entry SET balance_change = 1000",
    "UPDATE credits_reservation SET state = 'released'",
    "INSERT INTO credits_wallet (user_id, balance) VALUES ('{me}', 1000)",
    "INSERT INTO credits_entry (user_id) VALUES ('{me}')",
    "INSERT INTO credits_reservation (user_id) VALUES ('{me}')",
    "INSERT INTO credits_welcome (email_digest) VALUES ('x')",
    "DELETE FROM credits_wallet",
    "DELETE FROM credits_entry",
    "DELETE FROM credits_reservation",
    "DELETE FROM credits_welcome",
    "TRUNCATE credits_wallet CASCADE",
    "TRUNCATE credits_entry CASCADE",
    "TRUNCATE credits_reservation CASCADE",
    "TRUNCATE credits_welcome",
    "ALTER TABLE credits_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER immutable ON credits_entry",
    "ALTER TABLE credits_entry NO FORCE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON credits_entry USING (true)",
    "SET LOCAL session_replication_role = replica",
    "SELECT * FROM credits_welcome",
    "UPDATE accounts_user SET role = 'admin'",
    "UPDATE accounts_user SET is_active = true",
    "INSERT INTO accounts_user (email, role) VALUES ('eve@example.com', 'admin')",
    "UPDATE generation_job SET captured = 0",
    "UPDATE generation_job SET price = 0",
    "UPDATE generation_job SET status = 'succeeded'",
    "UPDATE accounts_apitoken SET digest = 'x'",
    "SET LOCAL ROLE visiona_worker",
    "SET LOCAL ROLE visiona_owner",
    "SET SESSION AUTHORIZATION visiona_owner",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY credits_entry TO PROGRAM 'cat'",
)


@pytest.mark.parametrize("statement", MONEY)
def test_the_web_process_cannot_mint(db: None, product_servers: Servers, statement: str) -> None:
    me = "019f0000-0000-7000-8000-000000000001"
    with databases.session_of(product_servers.web_url) as session:
        session.execute("SELECT set_config('app.user_id', %s, true)", [me])
        session.execute("SET LOCAL ROLE visiona_app")
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute(statement.format(me=me))


LIKENESSES = (
    "UPDATE generation_clone SET weights = 'mine'",
    "UPDATE generation_clone SET profile = '[]'",
    "UPDATE generation_clone SET photo_ids = '[]'",
    "UPDATE generation_clone SET provider = 'replicate'",
    "DELETE FROM generation_clone",
    (
        "INSERT INTO generation_clone (user_id, name, trigger_word, subject, status, parameters,"
        " photo_ids, photo_count, provider, weights, trained_by, license, profile)"
        " VALUES ('{me}', 'Ada', 'ADA77', 'person', 'ready', '{{}}', '[]', 4, 'replicate',"
        " 'somebody/else:1', '', '', '[]')"
    ),
    "UPDATE generation_consent SET text = 'Anything'",
    "UPDATE generation_consent SET given_at = now()",
    "DELETE FROM generation_consent",
    "UPDATE generation_removal SET finished_at = now()",
    "UPDATE generation_removal SET places = '[]'",
    "DELETE FROM generation_removal",
    (
        "INSERT INTO generation_removal (user_id, clone_id, name, reason, with_pictures, places,"
        " attempts, finished_at) VALUES ('{me}', '{me}', 'Ada', 'deleted', true, '[]', 0, now())"
    ),
)


@pytest.mark.parametrize("statement", LIKENESSES)
def test_the_web_process_cannot_forge_a_likeness_nor_its_papers(
    db: None, product_servers: Servers, statement: str
) -> None:
    me = factories.UNKNOWN_ID
    with databases.session_of(product_servers.web_url) as session:
        session.execute("SELECT set_config('app.user_id', %s, true)", [me])
        session.execute("SET LOCAL ROLE visiona_app")
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute(statement.format(me=me))


@pytest.mark.django_db(transaction=True)
def test_the_web_process_cannot_insert_a_job_without_holding_its_price(
    product_servers: Servers,
) -> None:
    alice, bob = factories.make_user(), factories.make_user()
    with act_as_user(bob.pk):
        bobs = factories.make_job(bob)
    mine = factories.make_job(alice)
    insert = (
        "INSERT INTO generation_job (user_id, kind, queue, status, stage, progress, provider,"
        " params, price, captured, released, reservation_id, submission, request_id, attempts,"
        " deadline, error_code, error_detail, error_stage) VALUES (%s, 'thumbnail', 'quick',"
        " 'queued', 'waiting', 0, 'local', '{}', %s, 0, 0, %s, 'x', '', 0, now(), '', '', '')"
    )
    for price, hold in (
        (10, None),  # nothing held
        (10, bobs.reservation_id),  # somebody else's
        (5, mine.reservation_id),  # not the price
        (10, mine.reservation_id),  # already another job's
    ):
        with databases.session_of(product_servers.web_url) as session:
            session.execute("SELECT set_config('app.user_id', %s, true)", [str(alice.pk)])
            session.execute("SET LOCAL ROLE visiona_app")
            with pytest.raises(psycopg.IntegrityError):
                session.execute(insert, [alice.pk, price, hold])
