-- What no code may do to a job, whoever runs it.

-- A job is born queued, with exactly its price held in the wallet of the person who pays.
CREATE FUNCTION generation_job_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'queued' OR (NEW.price > 0 AND NOT EXISTS (
       SELECT FROM credits_reservation r
        WHERE r.id = NEW.reservation_id AND r.user_id = NEW.user_id AND r.state = 'held' AND r.amount = NEW.price)) THEN
    RAISE EXCEPTION 'a job is born queued and paid for' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER born BEFORE INSERT ON generation_job FOR EACH ROW EXECUTE FUNCTION generation_job_born();

-- queued -> running -> an end, and an end is the end.
CREATE FUNCTION generation_job_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status NOT IN ('queued', 'running') THEN
    RAISE EXCEPTION 'job % has ended (%)', OLD.id, OLD.status USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'queued' AND OLD.status = 'running' THEN
    RAISE EXCEPTION 'job % cannot go back to the queue', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.user_id, NEW.kind, NEW.price, NEW.reservation_id) IS DISTINCT FROM
     (OLD.user_id, OLD.kind, OLD.price, OLD.reservation_id) THEN
    RAISE EXCEPTION 'job % cannot change owner, kind or price', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON generation_job FOR EACH ROW EXECUTE FUNCTION generation_job_moves();

-- Cancel my job that nobody has begun and return its credits, in one step: the product may not
-- return credits by itself.
CREATE FUNCTION generation_cancel_queued(p_job uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_reservation uuid;
BEGIN
  UPDATE generation_job
     SET status = 'canceled', stage = 'canceled', released = price, finished_at = now(),
         cancel_requested_at = now()
   WHERE id = p_job AND user_id = acting_user() AND status = 'queued'
  RETURNING reservation_id INTO v_reservation;
  IF NOT FOUND THEN RETURN false; END IF;
  IF v_reservation IS NOT NULL AND (credits_settle(v_reservation, 'release')).status <> 'ok' THEN
    RAISE EXCEPTION 'the hold of job % was not open', p_job USING ERRCODE = 'check_violation';
  END IF;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION generation_cancel_queued FROM PUBLIC;
GRANT EXECUTE ON FUNCTION generation_cancel_queued TO visiona_app;
