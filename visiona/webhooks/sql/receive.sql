-- Store an event once, or count another delivery of it; say whether it is new. This is all that the
-- web process may do with events: it can neither read nor change one.
CREATE FUNCTION webhooks_receive(p_sender text, p_event_id text, p_query text, p_body bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO webhooks_webhookevent AS event (sender, event_id, query, body)
  VALUES (p_sender, p_event_id, p_query, p_body)
  ON CONFLICT (sender, event_id) DO UPDATE SET deliveries = event.deliveries + 1
  RETURNING event.deliveries = 1
$$;
REVOKE ALL ON FUNCTION webhooks_receive FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks_receive TO visiona_app;
