-- A job that has ended stays as it is, but for one thing: its project may go.
CREATE OR REPLACE FUNCTION generation_job_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status NOT IN ('queued', 'running') THEN
    IF NEW.project_id IS NULL AND to_jsonb(NEW) - 'project_id' = to_jsonb(OLD) - 'project_id' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'job % has ended (%)', OLD.id, OLD.status USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'queued' AND OLD.status = 'running' THEN
    RAISE EXCEPTION 'job % cannot go back to the queue', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.user_id, NEW.kind, NEW.price, NEW.pieces, NEW.reservation_id) IS DISTINCT FROM
     (OLD.user_id, OLD.kind, OLD.price, OLD.pieces, OLD.reservation_id) THEN
    RAISE EXCEPTION 'job % cannot change owner, kind, price or pieces', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;

-- Delete my project; what was made for it stays. The product itself may not change jobs that have ended.
CREATE FUNCTION generation_delete_project(p_project uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM generation_project WHERE id = p_project AND user_id = acting_user() FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE generation_job SET project_id = NULL WHERE project_id = p_project;
  UPDATE generation_asset SET project_id = NULL WHERE project_id = p_project;
  DELETE FROM generation_project WHERE id = p_project;
END $$;
REVOKE ALL ON FUNCTION generation_delete_project FROM PUBLIC;
GRANT EXECUTE ON FUNCTION generation_delete_project TO visiona_app;
