-- The sales of a day.
CREATE INDEX sale_at ON sale (json_extract(CAST(body AS TEXT), '$.at'));
