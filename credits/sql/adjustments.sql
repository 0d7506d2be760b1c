-- Adjustments: staff correct a wallet, alone up to a limit, above it by two persons. Only these
-- functions write credits_adjustment. Who proposes and who decides is whoever acts, never an argument.
-- They move no credits: a worker does, which sees by the proofs that the product asked for both, and not a
-- statement that somebody found a way for.
--
-- They answer as the ledger does. Besides its own, status is: not_staff | own_wallet | own_proposal
-- | approved | posted | refused | failed     (the state that forbids what was asked)

-- What is asked for: the acting person, if they work for us; nobody otherwise.
CREATE FUNCTION credits_acting_staff() RETURNS uuid
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT id FROM accounts_user WHERE id = acting_user() AND role = 'admin' AND is_active
$$;

-- Propose a correction under an id that is used once. It is approved with that while all that this person
-- approved alone within a day stays within the limit: a large one cannot be split into small ones.
CREATE FUNCTION credits_propose_adjustment(p_id uuid, p_user uuid, p_amount bigint, p_reason text,
                                           p_proof bytea, p_proof_alone bytea)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w credits_wallet; a credits_adjustment; v_staff uuid := credits_acting_staff(); v_alone bigint;
BEGIN
  IF v_staff IS NULL THEN RETURN ('not_staff', NULL, 0, 0)::credits_result; END IF;
  -- One after the other for each person, so that two tabs do not share what is left of the limit.
  PERFORM FROM accounts_user WHERE id = v_staff FOR NO KEY UPDATE;
  SELECT * INTO a FROM credits_adjustment WHERE id = p_id;
  IF FOUND THEN
    RETURN (CASE WHEN (a.user_id, a.amount, a.reason, a.proposed_by_id) = (p_user, p_amount, p_reason, v_staff)
                 THEN 'replay' ELSE 'key_conflict' END, NULL, 0, 0)::credits_result;
  END IF;
  IF p_user = v_staff THEN RETURN ('own_wallet', NULL, 0, 0)::credits_result; END IF;
  SELECT * INTO w FROM credits_wallet WHERE user_id = p_user FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN ('not_found', NULL, 0, 0)::credits_result; END IF;
  w := credits_lapse(w);
  IF w.balance + p_amount < w.held THEN RETURN ('insufficient', NULL, w.balance, w.held)::credits_result; END IF;
  SELECT coalesce(sum(abs(amount)), 0) INTO v_alone FROM credits_adjustment
   WHERE proposed_by_id = v_staff AND decided_by_id = v_staff AND state IN ('approved', 'posted')
     AND decided_at > now() - interval '24 hours';
  INSERT INTO credits_adjustment (id, user_id, amount, reason, proposed_by_id, proposal_proof)
  VALUES (p_id, p_user, p_amount, p_reason, v_staff, p_proof);
  IF v_alone + abs(p_amount) <= 100 THEN
    UPDATE credits_adjustment SET state = 'approved', decided_by_id = v_staff, decided_at = now(), decision_proof = p_proof_alone
     WHERE id = p_id;
  END IF;
  RETURN ('ok', NULL, w.balance, w.held)::credits_result;
END $$;

-- Approve what waits, or refuse it. Who proposed it may only refuse it, and nobody decides about their own
-- wallet. What cannot be posted, because less is available by now, goes on waiting.
CREATE FUNCTION credits_decide_adjustment(p_id uuid, p_approve boolean, p_proof bytea)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a credits_adjustment; w credits_wallet; v_staff uuid := credits_acting_staff();
BEGIN
  IF v_staff IS NULL THEN RETURN ('not_staff', NULL, 0, 0)::credits_result; END IF;
  SELECT * INTO a FROM credits_adjustment WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN ('not_found', NULL, 0, 0)::credits_result; END IF;
  IF a.state <> 'proposed' THEN
    RETURN (CASE WHEN (a.state <> 'refused') = p_approve AND a.decided_by_id = v_staff THEN 'replay' ELSE a.state END,
            NULL, 0, 0)::credits_result;
  END IF;
  IF a.user_id = v_staff THEN RETURN ('own_wallet', NULL, 0, 0)::credits_result; END IF;
  IF p_approve THEN
    IF a.proposed_by_id = v_staff THEN RETURN ('own_proposal', NULL, 0, 0)::credits_result; END IF;
    SELECT * INTO w FROM credits_wallet WHERE user_id = a.user_id FOR NO KEY UPDATE;
    w := credits_lapse(w);
    IF w.balance + a.amount < w.held THEN RETURN ('insufficient', NULL, w.balance, w.held)::credits_result; END IF;
  END IF;
  UPDATE credits_adjustment
     SET state = CASE WHEN p_approve THEN 'approved' ELSE 'refused' END, decided_by_id = v_staff, decided_at = now(),
         decision_proof = CASE WHEN p_approve THEN p_proof END
   WHERE id = a.id;
  RETURN ('ok', NULL, w.balance, w.held)::credits_result;
END $$;

-- Post what was approved, as a worker who has looked at its proofs, once. What is not proven has failed, and
-- so has what would take more than is available by now.
CREATE FUNCTION credits_post_adjustment(p_id uuid, p_proven boolean)
RETURNS credits_result LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a credits_adjustment; r credits_result;
BEGIN
  SELECT * INTO a FROM credits_adjustment WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN ('not_found', NULL, 0, 0)::credits_result; END IF;
  IF a.state <> 'approved' THEN RETURN ('replay', NULL, 0, 0)::credits_result; END IF;
  IF p_proven THEN
    r := credits_deposit(a.user_id, 'adjust', a.amount, 'adjustment:' || a.id, a.reason);
  END IF;
  UPDATE credits_adjustment SET state = CASE WHEN r.status = 'ok' THEN 'posted' ELSE 'failed' END WHERE id = a.id;
  RETURN ('ok', NULL, r.balance, r.held)::credits_result;
END $$;

CREATE FUNCTION credits_adjustment_goes_its_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.user_id, NEW.amount, NEW.reason, NEW.proposed_by_id, NEW.proposal_proof, NEW.created_at)
       = (OLD.id, OLD.user_id, OLD.amount, OLD.reason, OLD.proposed_by_id, OLD.proposal_proof, OLD.created_at)
     AND ((OLD.state = 'proposed' AND NEW.state IN ('approved', 'refused'))
       OR (OLD.state = 'approved' AND NEW.state IN ('posted', 'failed')
           AND (NEW.decided_by_id, NEW.decided_at, NEW.decision_proof)
             = (OLD.decided_by_id, OLD.decided_at, OLD.decision_proof))) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'credits_adjustment is append-only, but for one decision and one outcome: % refused', TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER goes_its_way BEFORE UPDATE OR DELETE ON credits_adjustment
  FOR EACH ROW EXECUTE FUNCTION credits_adjustment_goes_its_way();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON credits_adjustment
  FOR EACH STATEMENT EXECUTE FUNCTION credits_entry_is_immutable();

REVOKE ALL ON FUNCTION credits_acting_staff, credits_propose_adjustment, credits_decide_adjustment,
  credits_post_adjustment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits_propose_adjustment, credits_decide_adjustment TO visiona_staff;
GRANT EXECUTE ON FUNCTION credits_post_adjustment TO visiona_worker;
