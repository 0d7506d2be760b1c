-- Store an event once, with the proof of the process that has verified it, or count another delivery
-- of it; say whether it is new. This is all that the web process may do with events: it can neither
-- read nor change one, and what is handed in by SQL alone has no proof.
CREATE FUNCTION webhooks_receive(p_sender text, p_event_id text, p_query text, p_body bytea, p_proof bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO webhooks_webhookevent AS event (sender, event_id, query, body, proof)
  VALUES (p_sender, p_event_id, p_query, p_body, p_proof)
  ON CONFLICT (sender, event_id) DO UPDATE SET deliveries = event.deliveries + 1
  RETURNING event.deliveries = 1
$$;
REVOKE ALL ON FUNCTION webhooks_receive FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks_receive TO visiona_app;
