-- The roles of Visiona and what each may do in the current database. Needs PostgreSQL 18 or newer.
-- Runs any number of times. Run it as a superuser, or as the owner of the database with CREATEROLE.
--
-- visiona_owner   owns the tables; migrations and hand-run commands
-- visiona_web     the web process: nothing until it takes the role app or staff
-- visiona_jobs    workers, beat, webhooks: nothing until it takes the role app or worker
-- visiona_backup  pg_dump only: reads every row

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES
            ('visiona_owner', 'LOGIN'),
            ('visiona_web', 'LOGIN NOINHERIT'),
            ('visiona_jobs', 'LOGIN NOINHERIT'),
            ('visiona_app', 'NOLOGIN'),
            ('visiona_staff', 'NOLOGIN'),
            ('visiona_worker', 'NOLOGIN')
        ) AS role (name, attributes)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attributes);
        END IF;
        EXECUTE format('ALTER ROLE %I %s', wanted.name, wanted.attributes);
        IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format(
                'ALTER ROLE %I NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS', wanted.name
            );
        END IF;
    END LOOP;
END $$;

GRANT visiona_app, visiona_staff TO visiona_web WITH INHERIT FALSE, SET TRUE;
GRANT visiona_app, visiona_worker TO visiona_jobs WITH INHERIT FALSE, SET TRUE;
GRANT visiona_app, visiona_staff, visiona_worker TO visiona_owner WITH INHERIT FALSE, SET TRUE;

ALTER ROLE visiona_web SET statement_timeout = '5s';
ALTER ROLE visiona_web SET lock_timeout = '2s';
ALTER ROLE visiona_web SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE visiona_web SET transaction_timeout = '30s';
ALTER ROLE visiona_jobs SET lock_timeout = '5s';
ALTER ROLE visiona_jobs SET idle_in_transaction_session_timeout = '60s';

DO $$
DECLARE
    may_hand_over boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
    here text := current_database();
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', here);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO visiona_web, visiona_jobs', here);
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public
        TO visiona_web, visiona_jobs, visiona_app, visiona_staff, visiona_worker;
    IF may_hand_over THEN
        EXECUTE format('ALTER DATABASE %I OWNER TO visiona_owner', here);
        ALTER SCHEMA public OWNER TO visiona_owner;
    ELSE
        EXECUTE format('GRANT ALL ON DATABASE %I TO visiona_owner', here);
        GRANT ALL ON SCHEMA public TO visiona_owner;
    END IF;
END $$;

-- Only who may pass row security can hand that right on: elsewhere the backup role is made by hand.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'visiona_backup') THEN
        CREATE ROLE visiona_backup LOGIN BYPASSRLS;
    END IF;
    GRANT pg_read_all_data TO visiona_backup;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO visiona_backup', current_database());
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'visiona_backup was not made: %', SQLERRM;
END $$;
