-- Let an event be handled again that is dead or was ignored, while we know what it said; say whether
-- it was one. What it says stays as it was verified: staff can change nothing of it.
CREATE FUNCTION webhooks_replay(p_event uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH again AS (
    UPDATE webhooks_webhookevent
       SET state = 'new', attempts = 0, next_at = now(), error = '', handled_at = NULL
     WHERE id = p_event AND state IN ('dead', 'ignored') AND body IS NOT NULL
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM again)
$$;
REVOKE ALL ON FUNCTION webhooks_replay FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks_replay TO visiona_staff, visiona_worker;
