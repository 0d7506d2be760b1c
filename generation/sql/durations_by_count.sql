-- The function of durations.sql again, for whoever goes back.

CREATE OR REPLACE FUNCTION generation_usual_seconds(p_kind text) RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
    FROM (SELECT extract(epoch FROM finished_at - started_at)
                 / greatest(1, coalesce((params->>'count')::int, 1)) AS seconds
            FROM generation_job
           WHERE kind = p_kind AND status = 'succeeded'
           ORDER BY finished_at DESC LIMIT 50) recent
$$;
