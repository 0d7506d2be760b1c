-- The functions of durations_by_piece.sql again, for whoever goes back.

CREATE FUNCTION generation_usual_seconds(p_kind text) RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
    FROM (SELECT extract(epoch FROM finished_at - started_at) / greatest(1, pieces) AS seconds
            FROM generation_job
           WHERE kind = p_kind AND status = 'succeeded'
           ORDER BY finished_at DESC LIMIT 50) recent
$$;

CREATE OR REPLACE FUNCTION generation_job_expects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.usual_seconds := coalesce(generation_usual_seconds(NEW.kind), 0);
  RETURN NEW;
END $$;
DROP FUNCTION generation_usual_seconds(text, text);
