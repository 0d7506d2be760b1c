-- The ledger: the only code that writes wallets, reservations and entries.
--
-- Lock order is always the wallet first. Whether a key was used before is asked after that lock,
-- in a new statement, so a concurrent duplicate sees the committed first use and is answered
-- "replay" instead of failing.

-- Every function answers with one of these.
-- status: ok | replay | insufficient | no_wallet | key_conflict | not_found | too_much
--         | captured | released | expired | held     (the state that forbids what was asked)
CREATE TYPE credits_result AS (status text, reservation_id uuid, balance bigint, held bigint);

-- What the next entry's hash is made of, all of the entry; written once, used by posting and by the
-- audit. The moment goes in as a number, because its text depends on the session's time zone.
CREATE FUNCTION credits_hash(previous bytea, e credits_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(previous || convert_to(jsonb_build_array(e.id, e.user_id, e.seq, e.kind, e.balance_change,
    e.held_change, e.balance_after, e.held_after, e.reservation_id, e.key, e.reason, e.reference, e.request_id,
    e.login, extract(epoch FROM e.created_at))::text, 'UTF8'))
$$;

-- Append one entry and move the wallet. The caller holds the wallet's lock.
CREATE FUNCTION credits_post(w credits_wallet, p_kind text, p_balance bigint, p_held bigint,
                             p_reservation uuid, p_key text, p_reason text, p_reference text)
RETURNS credits_result LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE e credits_entry;
BEGIN
  e.id := uuidv7();
  e.user_id := w.user_id;
  e.seq := w.seq + 1;
  e.kind := p_kind;
  e.balance_change := p_balance;
  e.held_change := p_held;
  e.balance_after := w.balance + p_balance;
  e.held_after := w.held + p_held;
  e.reservation_id := p_reservation;
  e.key := p_key;
  e.reason := p_reason;
  e.reference := p_reference;
  e.request_id := coalesce(current_setting('app.request_id', true), '');
  e.login := session_user;
  e.created_at := now();
  e.hash := credits_hash(w.head_hash, e);
  INSERT INTO credits_entry SELECT e.*;
  UPDATE credits_wallet SET balance = e.balance_after, held = e.held_after, seq = e.seq, head_hash = e.hash
   WHERE user_id = w.user_id;
  RETURN ('ok', p_reservation, e.balance_after, e.held_after)::credits_result;
END $$;

-- The answer of an earlier use of this key, or NULL.
CREATE FUNCTION credits_replay(w credits_wallet, p_key text, p_kind text, p_amount bigint)
RETURNS credits_result LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE e credits_entry;
BEGIN
  SELECT * INTO e FROM credits_entry WHERE user_id = w.user_id AND key = p_key;
  IF NOT FOUND THEN RETURN NULL; END IF;
  RETURN (CASE WHEN e.kind = p_kind AND e.balance_change + CASE WHEN e.balance_change = 0 THEN e.held_change ELSE 0 END = p_amount
               THEN 'replay' ELSE 'key_conflict' END,
          e.reservation_id, w.balance, w.held)::credits_result;
END $$;

-- Give credits (kind "grant"), or correct by hand (kind "adjust", may be negative).
CREATE FUNCTION credits_deposit(p_user uuid, p_kind text, p_amount bigint, p_key text, p_reason text)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; r credits_result;
BEGIN
  IF p_kind NOT IN ('grant', 'adjust') OR p_amount = 0 OR (p_kind = 'grant' AND p_amount < 0) THEN
    RAISE EXCEPTION 'credits_deposit: bad kind or amount' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO credits_wallet (user_id) VALUES (p_user) ON CONFLICT (user_id) DO NOTHING;
  SELECT * INTO w FROM credits_wallet WHERE user_id = p_user FOR NO KEY UPDATE;
  r := credits_replay(w, p_key, p_kind, p_amount);
  IF r.status IS NOT NULL THEN RETURN r; END IF;
  IF w.balance + p_amount < w.held THEN RETURN ('insufficient', NULL, w.balance, w.held)::credits_result; END IF;
  RETURN credits_post(w, p_kind, p_amount, 0, NULL, p_key, p_reason, '');
END $$;

-- Hold credits of the acting person; nobody can hold another's.
CREATE FUNCTION credits_reserve(p_amount bigint, p_key text, p_purpose text, p_reference text)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; r credits_result; v_reservation uuid := uuidv7();
BEGIN
  IF p_amount <= 0 THEN
    RAISE EXCEPTION 'credits_reserve: the amount must be positive' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT * INTO w FROM credits_wallet WHERE user_id = acting_user() FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN ('no_wallet', NULL, 0, 0)::credits_result; END IF;
  r := credits_replay(w, p_key, 'reserve', p_amount);
  IF r.status IS NOT NULL THEN RETURN r; END IF;
  IF w.balance - w.held < p_amount THEN
    RETURN ('insufficient', NULL, w.balance, w.held)::credits_result;
  END IF;
  -- Longer than any job may run: the hold outlives the job, never the other way round.
  INSERT INTO credits_reservation (id, user_id, amount, purpose, reference, key, expires_at)
  VALUES (v_reservation, w.user_id, p_amount, p_purpose, p_reference, p_key, now() + interval '2 hours');
  RETURN credits_post(w, 'reserve', 0, p_amount, v_reservation, p_key, p_purpose, p_reference);
END $$;

-- End a hold, once: "capture" spends all or part of it, the rest returns; "release" and "expire"
-- return all of it.
CREATE FUNCTION credits_settle(p_reservation uuid, p_action text, p_amount bigint DEFAULT NULL)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; h credits_reservation; r credits_result; v_spent bigint; v_state text;
BEGIN
  v_state := CASE p_action WHEN 'capture' THEN 'captured' WHEN 'release' THEN 'released' WHEN 'expire' THEN 'expired' END;
  IF v_state IS NULL THEN
    RAISE EXCEPTION 'credits_settle: bad action' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT c.* INTO w FROM credits_wallet c
   WHERE c.user_id = (SELECT user_id FROM credits_reservation WHERE id = p_reservation) FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN ('not_found', p_reservation, 0, 0)::credits_result; END IF;
  SELECT * INTO h FROM credits_reservation WHERE id = p_reservation;
  v_spent := CASE WHEN p_action = 'capture' THEN coalesce(p_amount, h.amount) ELSE 0 END;
  IF h.state <> 'held' THEN
    RETURN (CASE WHEN h.state = v_state AND h.captured = v_spent THEN 'replay' ELSE h.state END,
            h.id, w.balance, w.held)::credits_result;
  END IF;
  IF p_action = 'expire' AND h.expires_at > now() THEN RETURN ('held', h.id, w.balance, w.held)::credits_result; END IF;
  IF v_spent NOT BETWEEN 0 AND h.amount OR (p_action = 'capture' AND v_spent = 0) THEN
    RETURN ('too_much', h.id, w.balance, w.held)::credits_result;
  END IF;
  UPDATE credits_reservation SET state = v_state, settled_at = now(), captured = v_spent WHERE id = h.id;
  IF v_spent > 0 THEN
    r := credits_post(w, 'capture', -v_spent, -v_spent, h.id, 'capture:' || h.id, h.purpose, h.reference);
    SELECT * INTO w FROM credits_wallet WHERE user_id = w.user_id;
  END IF;
  IF v_spent < h.amount THEN
    r := credits_post(w, CASE p_action WHEN 'expire' THEN 'expire' ELSE 'release' END, 0, v_spent - h.amount,
                      h.id, 'release:' || h.id, h.purpose, h.reference);
  END IF;
  RETURN r;
END $$;

-- Give back what was captured, never more than that in all.
CREATE FUNCTION credits_refund(p_reservation uuid, p_amount bigint, p_key text, p_reason text)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; h credits_reservation; r credits_result;
BEGIN
  SELECT c.* INTO w FROM credits_wallet c
   WHERE c.user_id = (SELECT user_id FROM credits_reservation WHERE id = p_reservation) FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN ('not_found', p_reservation, 0, 0)::credits_result; END IF;
  SELECT * INTO h FROM credits_reservation WHERE id = p_reservation;
  r := credits_replay(w, p_key, 'refund', p_amount);
  IF r.status = 'replay' AND r.reservation_id <> h.id THEN r.status := 'key_conflict'; END IF;
  IF r.status IS NOT NULL THEN RETURN r; END IF;
  IF p_amount <= 0 OR h.refunded + p_amount > h.captured THEN
    RETURN ('too_much', h.id, w.balance, w.held)::credits_result;
  END IF;
  UPDATE credits_reservation SET refunded = refunded + p_amount WHERE id = h.id;
  RETURN credits_post(w, 'refund', p_amount, 0, h.id, p_key, p_reason, h.reference);
END $$;

-- Return holds whose time is over; many processes may do so at once.
CREATE FUNCTION credits_expire_due(p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id uuid; n int := 0;
BEGIN
  FOR v_id IN SELECT id FROM credits_reservation WHERE state = 'held' AND expires_at <= now()
               ORDER BY user_id, id LIMIT p_limit LOOP
    IF (credits_settle(v_id, 'expire')).status = 'ok' THEN n := n + 1; END IF;
  END LOOP;
  RETURN n;
END $$;

-- Every row of the answer is a broken promise; there must never be one.
CREATE FUNCTION credits_audit() RETURNS TABLE (user_id uuid, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH sums AS (
    SELECT e.user_id, count(*) AS n, min(e.seq) AS first, max(e.seq) AS last,
           sum(e.balance_change) AS balance, sum(e.held_change) AS held
      FROM credits_entry e GROUP BY 1),
  chain AS (
    SELECT e.user_id, e.seq,
           e.balance_after - e.balance_change IS DISTINCT FROM coalesce(lag(e.balance_after) OVER w, 0)
        OR e.held_after - e.held_change IS DISTINCT FROM coalesce(lag(e.held_after) OVER w, 0) AS jumps,
           e.hash IS DISTINCT FROM credits_hash(coalesce(lag(e.hash) OVER w, '\x'), e) AS forged
      FROM credits_entry e WINDOW w AS (PARTITION BY e.user_id ORDER BY e.seq)),
  outcomes AS (
    SELECT h.id, h.user_id, h.state, h.amount, h.captured, h.refunded,
           count(*) FILTER (WHERE e.kind = 'reserve') AS reserves,
           count(*) FILTER (WHERE e.user_id <> h.user_id) AS strangers,
           coalesce(-sum(e.balance_change) FILTER (WHERE e.kind = 'capture'), 0) AS spent,
           coalesce(-sum(e.held_change) FILTER (WHERE e.kind <> 'reserve'), 0) AS ended,
           coalesce(sum(e.balance_change) FILTER (WHERE e.kind = 'refund'), 0) AS returned
      FROM credits_reservation h LEFT JOIN credits_entry e ON e.reservation_id = h.id
     GROUP BY h.id)
  SELECT c.user_id, 'the wallet differs from the sum of its entries' FROM credits_wallet c LEFT JOIN sums s USING (user_id)
   WHERE (c.balance, c.held, c.seq) IS DISTINCT FROM
         (coalesce(s.balance, 0)::bigint, coalesce(s.held, 0)::bigint, coalesce(s.n, 0))
  UNION ALL SELECT s.user_id, 'the sequence has a gap' FROM sums s WHERE s.first <> 1 OR s.last <> s.n
  UNION ALL SELECT c.user_id, 'the running balance jumps at entry ' || c.seq FROM chain c WHERE c.jumps
  UNION ALL SELECT c.user_id, 'the hash chain breaks at entry ' || c.seq FROM chain c WHERE c.forged
  UNION ALL SELECT c.user_id, 'the wallet points at another last entry' FROM credits_wallet c
   WHERE c.seq > 0 AND c.head_hash IS DISTINCT FROM
         (SELECT e.hash FROM credits_entry e WHERE e.user_id = c.user_id AND e.seq = c.seq)
  UNION ALL SELECT c.user_id, 'held differs from the open reservations' FROM credits_wallet c
   WHERE c.held <> (SELECT coalesce(sum(h.amount), 0) FROM credits_reservation h
                     WHERE h.user_id = c.user_id AND h.state = 'held')
  UNION ALL SELECT o.user_id, 'reservation ' || o.id || ' does not agree with its entries' FROM outcomes o
   WHERE o.reserves <> 1 OR o.strangers > 0 OR o.spent <> o.captured OR o.returned <> o.refunded
      OR o.ended <> CASE o.state WHEN 'held' THEN 0 ELSE o.amount END
$$;

-- Twenty credits, once per person, whatever the door: born with the person's row.
CREATE FUNCTION credits_welcome() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO credits_wallet (user_id) VALUES (NEW.id);
  INSERT INTO credits_welcome (email_digest) VALUES (sha256(convert_to(lower(NEW.email), 'UTF8')))
  ON CONFLICT DO NOTHING;
  IF FOUND THEN PERFORM credits_deposit(NEW.id, 'grant', 20, 'welcome', 'Welcome credits'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER welcome AFTER INSERT ON accounts_user FOR EACH ROW EXECUTE FUNCTION credits_welcome();

CREATE FUNCTION credits_entry_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'credits_entry is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON credits_entry
  FOR EACH ROW EXECUTE FUNCTION credits_entry_is_immutable();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON credits_entry
  FOR EACH STATEMENT EXECUTE FUNCTION credits_entry_is_immutable();

-- The product may hold a person's own credits. Only our own processes may give and settle.
REVOKE ALL ON FUNCTION credits_post, credits_replay, credits_deposit, credits_reserve, credits_settle,
  credits_refund, credits_expire_due, credits_audit, credits_welcome, credits_hash FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits_reserve TO visiona_app, visiona_worker;
GRANT EXECUTE ON FUNCTION credits_deposit, credits_settle, credits_refund, credits_expire_due, credits_audit
  TO visiona_worker;
