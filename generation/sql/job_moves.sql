-- A job that has ended stays as it is, but for two things: its project may go, and so may its words
-- once the clone that it was about is removed.
CREATE OR REPLACE FUNCTION generation_job_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may_go CONSTANT text[] := ARRAY['project_id', 'params', 'enhanced_prompt'];
BEGIN
  IF OLD.status NOT IN ('queued', 'running') THEN
    IF to_jsonb(NEW) - may_go = to_jsonb(OLD) - may_go
       AND (NEW.project_id IS NULL OR NEW.project_id IS NOT DISTINCT FROM OLD.project_id)
       AND ((NEW.params, NEW.enhanced_prompt) = (OLD.params, OLD.enhanced_prompt)
            OR (NEW.params, NEW.enhanced_prompt) = ('{}'::jsonb, '')) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'job % has ended (%)', OLD.id, OLD.status USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'queued' AND OLD.status = 'running' THEN
    RAISE EXCEPTION 'job % cannot go back to the queue', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.user_id, NEW.kind, NEW.price, NEW.pieces, NEW.reservation_id, NEW.clone_id) IS DISTINCT FROM
     (OLD.user_id, OLD.kind, OLD.price, OLD.pieces, OLD.reservation_id, OLD.clone_id) THEN
    RAISE EXCEPTION 'job % cannot change owner, kind, price, pieces or clone', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;
