-- How long a kind of job takes, measured on everybody's: a person's own jobs are too few to tell.

CREATE FUNCTION generation_usual_seconds(p_kind text) RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
    FROM (SELECT extract(epoch FROM finished_at - started_at)
                 / greatest(1, coalesce((params->>'count')::int, 1)) AS seconds
            FROM generation_job
           WHERE kind = p_kind AND status = 'succeeded'
           ORDER BY finished_at DESC LIMIT 50) recent
$$;

CREATE FUNCTION generation_job_expects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.usual_seconds := coalesce(generation_usual_seconds(NEW.kind), 0);
  RETURN NEW;
END $$;
CREATE TRIGGER expects BEFORE INSERT ON generation_job FOR EACH ROW EXECUTE FUNCTION generation_job_expects();
