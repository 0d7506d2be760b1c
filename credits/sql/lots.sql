-- Lots: every credit that a wallet has available lies in one, and each entry says by its moves which
-- lots it filled or emptied. What lies in none is held or spent; the moves of a reservation's
-- entries say out of which lots.

CREATE TYPE credits_part AS (lot_id uuid, amount bigint);

-- Append one entry, move the wallet and its lots. The caller holds the wallet's lock. What comes
-- back to a lot whose time is over can be used for a week more: a week after that time for what was
-- held, so that nobody can hold it again and again; from now on for what we give back.
CREATE FUNCTION credits_post(w credits_wallet, p_kind text, p_balance bigint, p_held bigint, p_reservation uuid,
                             p_key text, p_reason text, p_reference text, p_parts credits_part[])
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
  INSERT INTO credits_move (entry_id, user_id, lot_id, amount)
  SELECT e.id, w.user_id, p.lot_id, p.amount FROM unnest(p_parts) p;
  UPDATE credits_lot l
     SET remaining = l.remaining + p.amount,
         expires_at = CASE WHEN p.amount < 0 OR l.expires_at IS NULL OR l.expires_at > now() THEN l.expires_at
                           WHEN p_kind IN ('release', 'expire') THEN l.term_ends_at + interval '7 days'
                           ELSE now() + interval '7 days' END
    FROM unnest(p_parts) p WHERE l.id = p.lot_id;
  RETURN ('ok', p_reservation, e.balance_after, e.held_after)::credits_result;
END $$;

-- Which lots pay: the soonest to expire first, and what was given before what was bought.
CREATE FUNCTION credits_parts_to_take(p_user uuid, p_amount bigint) RETURNS credits_part[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT array_agg((l.id, -least(l.remaining, p_amount - l.before))::credits_part)
    FROM (SELECT id, remaining, sum(remaining) OVER spending - remaining AS before
            FROM credits_lot
           WHERE user_id = p_user AND remaining > 0 AND (expires_at IS NULL OR expires_at > now())
          WINDOW spending AS (ORDER BY expires_at NULLS LAST, kind = 'purchased', id)) l
   WHERE l.before < p_amount
$$;

-- Where what a reservation took goes back: what was taken last comes back first.
CREATE FUNCTION credits_parts_to_return(p_reservation uuid, p_amount bigint) RETURNS credits_part[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT array_agg((t.lot_id, least(t.taken, p_amount - t.before))::credits_part)
    FROM (SELECT lot_id, taken, sum(taken) OVER returning_order - taken AS before
            FROM (SELECT l.id AS lot_id, l.expires_at, l.kind, -sum(m.amount)::bigint AS taken
                    FROM credits_entry e JOIN credits_move m ON m.entry_id = e.id JOIN credits_lot l ON l.id = m.lot_id
                   WHERE e.reservation_id = p_reservation GROUP BY l.id) net
           WHERE taken > 0
          WINDOW returning_order AS (ORDER BY expires_at DESC NULLS FIRST, kind = 'purchased' DESC, lot_id DESC)) t
   WHERE t.before < p_amount
$$;

-- Post an expiry for every lot of this wallet whose time is over; the wallet as it is then.
CREATE FUNCTION credits_lapse(w credits_wallet) RETURNS credits_wallet
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE l credits_lot;
BEGIN
  FOR l IN SELECT * FROM credits_lot WHERE user_id = w.user_id AND remaining > 0 AND expires_at <= now()
            ORDER BY expires_at, id LOOP
    PERFORM credits_post(w, 'lapse', -l.remaining, 0, NULL, 'lapse:' || l.id || ':' || w.seq, l.reason, '',
                         ARRAY[(l.id, -l.remaining)::credits_part]);
    SELECT * INTO w FROM credits_wallet WHERE user_id = w.user_id;
  END LOOP;
  RETURN w;
END $$;

-- Take what is owed of revoked lots as far as it is there; the rest stays owed.
CREATE FUNCTION credits_collect(p_user uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; v_id uuid; v_lot uuid; v_amount bigint; v_reason text;
BEGIN
  FOR v_id, v_lot, v_amount, v_reason IN
      SELECT r.id, l.id, least(l.remaining, r.amount - r.taken), r.reason
        FROM credits_revocation r JOIN credits_lot l ON l.id = r.lot_id
       WHERE r.user_id = p_user AND r.reinstated_at IS NULL AND r.taken < r.amount AND l.remaining > 0 ORDER BY r.id LOOP
    -- Two revocations of one lot: the first may have emptied it.
    v_amount := least(v_amount, (SELECT remaining FROM credits_lot WHERE id = v_lot));
    CONTINUE WHEN v_amount = 0;
    SELECT * INTO w FROM credits_wallet WHERE user_id = p_user;
    PERFORM credits_post(w, 'revoke', -v_amount, 0, NULL, 'revoke:' || v_id || ':' || w.seq, v_reason, v_id::text,
                         ARRAY[(v_lot, -v_amount)::credits_part]);
    UPDATE credits_revocation SET taken = taken + v_amount WHERE id = v_id;
  END LOOP;
END $$;

-- Give credits (kind "grant"), or correct by hand (kind "adjust", may be negative). What is given is a
-- lot of its own, named by the key: of what kind, until when, and what was paid for it in cents.
CREATE FUNCTION credits_deposit(p_user uuid, p_kind text, p_amount bigint, p_key text, p_reason text,
                                p_lot_kind text DEFAULT 'promotional', p_expires timestamptz DEFAULT NULL, p_paid bigint DEFAULT 0)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; r credits_result; v_lot uuid := uuidv7();
BEGIN
  IF p_kind NOT IN ('grant', 'adjust') OR p_amount = 0 OR (p_kind = 'grant' AND p_amount < 0) THEN
    RAISE EXCEPTION 'credits_deposit: bad kind or amount' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO credits_wallet (user_id) VALUES (p_user) ON CONFLICT (user_id) DO NOTHING;
  SELECT * INTO w FROM credits_wallet WHERE user_id = p_user FOR NO KEY UPDATE;
  r := credits_replay(w, p_key, p_kind, p_amount);
  IF r.status IS NOT NULL THEN RETURN r; END IF;
  IF p_amount < 0 THEN
    w := credits_lapse(w);
    IF w.balance + p_amount < w.held THEN RETURN ('insufficient', NULL, w.balance, w.held)::credits_result; END IF;
    RETURN credits_post(w, p_kind, p_amount, 0, NULL, p_key, p_reason, '', credits_parts_to_take(p_user, -p_amount));
  END IF;
  INSERT INTO credits_lot (id, user_id, kind, amount, remaining, key, reason, expires_at, term_ends_at, paid_cents)
  VALUES (v_lot, p_user, p_lot_kind, p_amount, 0, p_key, p_reason, p_expires, p_expires, p_paid);
  RETURN credits_post(w, p_kind, p_amount, 0, NULL, p_key, p_reason, '', ARRAY[(v_lot, p_amount)::credits_part]);
END $$;

-- Hold credits of the acting person; nobody can hold another's. What a key has spent since the
-- month began (UTC) is counted under the wallet's lock, so that no two requests share what is left.
CREATE FUNCTION credits_reserve(p_amount bigint, p_key text, p_purpose text, p_reference text,
                                p_spender uuid DEFAULT NULL, p_limit bigint DEFAULT NULL)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; r credits_result; v_reservation uuid := uuidv7(); v_spent bigint;
BEGIN
  IF p_amount <= 0 THEN
    RAISE EXCEPTION 'credits_reserve: the amount must be positive' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT * INTO w FROM credits_wallet WHERE user_id = acting_user() FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN ('no_wallet', NULL, 0, 0)::credits_result; END IF;
  r := credits_replay(w, p_key, 'reserve', p_amount);
  IF r.status IS NOT NULL THEN RETURN r; END IF;
  w := credits_lapse(w);
  IF w.balance - w.held < p_amount THEN
    RETURN ('insufficient', NULL, w.balance, w.held)::credits_result;
  END IF;
  IF p_limit IS NOT NULL THEN
    SELECT coalesce(sum(CASE state WHEN 'held' THEN amount ELSE captured - refunded END), 0) INTO v_spent
      FROM credits_reservation
     WHERE user_id = w.user_id AND spender = p_spender
       AND created_at >= date_trunc('month', now(), 'UTC');
    IF v_spent + p_amount > p_limit THEN
      RETURN ('over_limit', NULL, w.balance, w.held)::credits_result;
    END IF;
  END IF;
  -- Longer than any job may run: the hold outlives the job, never the other way round.
  INSERT INTO credits_reservation (id, user_id, amount, purpose, reference, key, expires_at, spender)
  VALUES (v_reservation, w.user_id, p_amount, p_purpose, p_reference, p_key, now() + interval '2 hours', p_spender);
  RETURN credits_post(w, 'reserve', 0, p_amount, v_reservation, p_key, p_purpose, p_reference,
                      credits_parts_to_take(w.user_id, p_amount));
END $$;

-- End a hold, once: "capture" spends all or part of it, the rest returns; "release" and "expire"
-- return all of it.
CREATE FUNCTION credits_settle(p_reservation uuid, p_action text, p_amount bigint DEFAULT NULL)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; h credits_reservation; v_spent bigint; v_state text;
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
  w := credits_lapse(w);
  UPDATE credits_reservation SET state = v_state, settled_at = now(), captured = v_spent WHERE id = h.id;
  IF v_spent > 0 THEN
    PERFORM credits_post(w, 'capture', -v_spent, -v_spent, h.id, 'capture:' || h.id, h.purpose, h.reference, NULL);
    SELECT * INTO w FROM credits_wallet WHERE user_id = w.user_id;
  END IF;
  IF v_spent < h.amount THEN
    PERFORM credits_post(w, CASE p_action WHEN 'expire' THEN 'expire' ELSE 'release' END, 0, v_spent - h.amount,
                         h.id, 'release:' || h.id, h.purpose, h.reference, credits_parts_to_return(h.id, h.amount - v_spent));
    PERFORM credits_collect(w.user_id);
  END IF;
  SELECT * INTO w FROM credits_wallet WHERE user_id = w.user_id;
  RETURN ('ok', h.id, w.balance, w.held)::credits_result;
END $$;

-- Give back what was captured, never more than that in all, to the lots that paid it.
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
  w := credits_lapse(w);
  UPDATE credits_reservation SET refunded = refunded + p_amount WHERE id = h.id;
  PERFORM credits_post(w, 'refund', p_amount, 0, h.id, p_key, p_reason, h.reference, credits_parts_to_return(h.id, p_amount));
  PERFORM credits_collect(w.user_id);
  SELECT * INTO w FROM credits_wallet WHERE user_id = w.user_id;
  RETURN ('ok', h.id, w.balance, w.held)::credits_result;
END $$;

-- Take back what is unspent of one lot, whose money went back: now, and what of it is held as soon as
-- that returns. What was spent stays owed and is seen; no other lot pays for it. "too_much" where more
-- would be taken back than the lot ever was.
CREATE FUNCTION credits_revoke(p_user uuid, p_lot_key text, p_amount bigint, p_key text, p_reason text)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; l credits_lot; v_before credits_revocation;
BEGIN
  SELECT * INTO w FROM credits_wallet WHERE user_id = p_user FOR NO KEY UPDATE;
  SELECT * INTO l FROM credits_lot WHERE user_id = p_user AND key = p_lot_key;
  IF l.id IS NULL THEN RETURN ('not_found', NULL, w.balance, w.held)::credits_result; END IF;
  SELECT * INTO v_before FROM credits_revocation WHERE user_id = p_user AND key = p_key;
  IF FOUND THEN
    RETURN (CASE WHEN v_before.lot_id = l.id AND v_before.amount = p_amount THEN 'replay' ELSE 'key_conflict' END,
            NULL, w.balance, w.held)::credits_result;
  END IF;
  IF p_amount <= 0 OR p_amount > l.amount - (SELECT coalesce(sum(amount), 0) FROM credits_revocation
                                              WHERE lot_id = l.id AND reinstated_at IS NULL) THEN
    RETURN ('too_much', NULL, w.balance, w.held)::credits_result;
  END IF;
  INSERT INTO credits_revocation (user_id, lot_id, key, amount, reason) VALUES (p_user, l.id, p_key, p_amount, p_reason);
  PERFORM credits_collect(p_user);
  SELECT * INTO w FROM credits_wallet WHERE user_id = p_user;
  RETURN ('ok', NULL, w.balance, w.held)::credits_result;
END $$;

-- Undo a revocation: what it took comes back to its lot, and nothing is owed for it any more.
CREATE FUNCTION credits_reinstate(p_user uuid, p_key text, p_reason text)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; v credits_revocation;
BEGIN
  SELECT * INTO w FROM credits_wallet WHERE user_id = p_user FOR NO KEY UPDATE;
  SELECT * INTO v FROM credits_revocation WHERE user_id = p_user AND key = p_key;
  IF NOT FOUND THEN RETURN ('not_found', NULL, w.balance, w.held)::credits_result; END IF;
  IF v.reinstated_at IS NOT NULL THEN RETURN ('replay', NULL, w.balance, w.held)::credits_result; END IF;
  w := credits_lapse(w);
  UPDATE credits_revocation SET reinstated_at = now() WHERE id = v.id;
  IF v.taken = 0 THEN RETURN ('ok', NULL, w.balance, w.held)::credits_result; END IF;
  RETURN credits_post(w, 'adjust', v.taken, 0, NULL, 'reinstate:' || v.id, p_reason, v.id::text,
                      ARRAY[(v.lot_id, v.taken)::credits_part]);
END $$;

-- Let expire what is due, one wallet after the other; whose they were is answered.
CREATE FUNCTION credits_lapse_due(p_limit int) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_user uuid; w credits_wallet;
BEGIN
  FOR v_user IN SELECT DISTINCT user_id FROM credits_lot WHERE remaining > 0 AND expires_at <= now()
                 ORDER BY user_id LIMIT p_limit LOOP
    SELECT * INTO w FROM credits_wallet WHERE user_id = v_user FOR NO KEY UPDATE;
    PERFORM credits_lapse(w);
    RETURN NEXT v_user;
  END LOOP;
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
     GROUP BY h.id),
  moved AS (
    SELECT e.user_id, e.seq, e.balance_change - e.held_change AS wanted, coalesce(sum(m.amount), 0) AS amount,
           count(*) FILTER (WHERE m.user_id <> e.user_id OR l.user_id <> e.user_id) AS strangers
      FROM credits_entry e LEFT JOIN credits_move m ON m.entry_id = e.id LEFT JOIN credits_lot l ON l.id = m.lot_id
     GROUP BY e.id)
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
  UNION ALL SELECT m.user_id, 'entry ' || m.seq || ' does not agree with what it moved' FROM moved m
   WHERE m.wanted <> m.amount OR m.strangers > 0
  UNION ALL SELECT l.user_id, 'lot ' || l.id || ' differs from the sum of its moves' FROM credits_lot l
   WHERE l.remaining <> (SELECT coalesce(sum(m.amount), 0) FROM credits_move m WHERE m.lot_id = l.id)
  UNION ALL SELECT v.user_id, 'revocation ' || v.id || ' does not agree with its entries' FROM credits_revocation v
   WHERE v.taken <> (SELECT coalesce(-sum(e.balance_change), 0) FROM credits_entry e
                      WHERE e.user_id = v.user_id AND e.kind = 'revoke' AND e.reference = v.id::text)
$$;

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON credits_move
  FOR EACH ROW EXECUTE FUNCTION credits_entry_is_immutable();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON credits_move
  FOR EACH STATEMENT EXECUTE FUNCTION credits_entry_is_immutable();

REVOKE ALL ON FUNCTION credits_post, credits_parts_to_take, credits_parts_to_return, credits_lapse, credits_collect,
  credits_deposit, credits_reserve, credits_settle, credits_refund, credits_revoke, credits_reinstate, credits_lapse_due,
  credits_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits_reserve TO visiona_app, visiona_worker;
GRANT EXECUTE ON FUNCTION credits_deposit, credits_settle, credits_refund, credits_revoke, credits_reinstate,
  credits_lapse_due, credits_audit TO visiona_worker;
