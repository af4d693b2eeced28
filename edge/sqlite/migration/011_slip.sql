-- A slip is forgotten with its cart: who knows a cart's id may open it.
CREATE INDEX print_job_slip ON print_job (ref) WHERE kind = 'cart';

CREATE TRIGGER cart_takes_its_slips AFTER DELETE ON cart BEGIN
  DELETE FROM print_job WHERE kind = 'cart' AND ref = old.id;
END;
