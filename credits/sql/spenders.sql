-- Who spends is told: an API key may have a limit of credits for a month.

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
  RETURN credits_post(w, 'reserve', 0, p_amount, v_reservation, p_key, p_purpose, p_reference);
END $$;

-- Return holds whose time is over; many processes may do so at once. Whose they were is answered,
-- once for each hold.
CREATE FUNCTION credits_expire_due(p_limit int) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id uuid; v_user uuid;
BEGIN
  FOR v_id, v_user IN SELECT id, user_id FROM credits_reservation WHERE state = 'held' AND expires_at <= now()
                       ORDER BY user_id, id LIMIT p_limit LOOP
    IF (credits_settle(v_id, 'expire')).status = 'ok' THEN RETURN NEXT v_user; END IF;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION credits_reserve, credits_expire_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits_reserve TO visiona_app, visiona_worker;
GRANT EXECUTE ON FUNCTION credits_expire_due TO visiona_worker;
