-- Put what wallets have into lots: every entry of before is told over, in its order.
DO $$
DECLARE e credits_entry; v_parts credits_part[]; v_lot uuid; v_change bigint;
BEGIN
  FOR e IN SELECT * FROM credits_entry ORDER BY user_id, seq LOOP
    v_change := e.balance_change - e.held_change;
    v_parts := CASE
      WHEN v_change < 0 THEN credits_parts_to_take(e.user_id, -v_change)
      WHEN v_change > 0 AND e.reservation_id IS NOT NULL THEN credits_parts_to_return(e.reservation_id, v_change) END;
    IF v_change > 0 AND e.reservation_id IS NULL THEN
      v_lot := uuidv7();
      INSERT INTO credits_lot (id, user_id, kind, amount, remaining, key, reason, paid_cents, created_at)
      VALUES (v_lot, e.user_id, 'promotional', v_change, 0, e.key, e.reason, 0, e.created_at);
      v_parts := ARRAY[(v_lot, v_change)::credits_part];
    END IF;
    INSERT INTO credits_move (entry_id, user_id, lot_id, amount)
    SELECT e.id, e.user_id, p.lot_id, p.amount FROM unnest(v_parts) p;
    UPDATE credits_lot l SET remaining = l.remaining + p.amount FROM unnest(v_parts) p WHERE l.id = p.lot_id;
  END LOOP;
END $$;
