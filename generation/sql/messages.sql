-- Messages keep their word, whoever writes them: an answer is born to come, with a hold of its own
-- for its price, or whole and for nothing; it ends once, and costs no more than was held.

CREATE FUNCTION generation_message_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'waiting' THEN
    IF NEW.price > 0 AND NOT EXISTS (
         SELECT FROM credits_reservation r
          WHERE r.id = NEW.reservation_id AND r.user_id = NEW.user_id AND r.state = 'held'
            AND r.amount = NEW.price AND r.purpose = 'chat') THEN
      RAISE EXCEPTION 'an answer is born with its price held' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.price = 0 AND NEW.reservation_id IS NOT NULL THEN
      RAISE EXCEPTION 'what is free holds nothing' USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NEW.status <> 'done' OR NEW.price <> 0 OR NEW.reservation_id IS NOT NULL THEN
    RAISE EXCEPTION 'an answer is born to come, or for nothing' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER born BEFORE INSERT ON generation_message FOR EACH ROW EXECUTE FUNCTION generation_message_born();

CREATE FUNCTION generation_message_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status NOT IN ('waiting', 'answering') AND
     (NEW.status, NEW.text, NEW.price) IS DISTINCT FROM (OLD.status, OLD.text, OLD.price) THEN
    RAISE EXCEPTION 'message % has ended (%)', OLD.id, OLD.status USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'waiting' AND OLD.status = 'answering' THEN
    RAISE EXCEPTION 'answer % cannot be begun again', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.user_id, NEW.conversation_id, NEW.role, NEW.reservation_id) IS DISTINCT FROM
     (OLD.user_id, OLD.conversation_id, OLD.role, OLD.reservation_id) OR NEW.price > OLD.price THEN
    RAISE EXCEPTION 'answer % cannot change owner, place or price', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON generation_message FOR EACH ROW EXECUTE FUNCTION generation_message_moves();
