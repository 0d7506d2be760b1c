-- As in durations.sql, for jobs of which each says how many pieces it makes.

CREATE OR REPLACE FUNCTION generation_usual_seconds(p_kind text) RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
    FROM (SELECT extract(epoch FROM finished_at - started_at) / greatest(1, pieces) AS seconds
            FROM generation_job
           WHERE kind = p_kind AND status = 'succeeded'
           ORDER BY finished_at DESC LIMIT 50) recent
$$;
