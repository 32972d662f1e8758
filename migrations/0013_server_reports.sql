-- What each server says of its own process, and how it records what it measures.

-- Up Migration

-- The latest report of each server. `report` is as model/selfReport.ts describes it.
CREATE TABLE mcp.server_reports (
  server_name text PRIMARY KEY CHECK (char_length(server_name) <= 100),
  report jsonb NOT NULL CHECK (jsonb_typeof(report) = 'object' AND octet_length(report::text) <= 65536),
  reported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reported_by text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE mcp.server_reports IS 'What a server says of itself; who relies on it looks at reported_by and reported_at.';
COMMENT ON COLUMN mcp.server_reports.reported_by IS 'Login that reported; stamped.';

CREATE FUNCTION mcp.record_self_report(server_name text, report jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
  INSERT INTO mcp.server_reports AS r (server_name, report, reported_at, reported_by)
  VALUES (record_self_report.server_name, record_self_report.report, clock_timestamp(), session_user)
  ON CONFLICT ON CONSTRAINT server_reports_pkey DO UPDATE
  SET report = EXCLUDED.report, reported_at = EXCLUDED.reported_at, reported_by = EXCLUDED.reported_by
$$;

-- Many samples at once: [{"name": …, "value": …, "unit": …, "tags": {…}}], the last two may be left out. All have
-- the database's time; `reported_by` stands in the tags. Returns how many were recorded.
CREATE FUNCTION mcp.record_samples(server_name text, samples jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  recorded integer;
BEGIN
  IF jsonb_typeof(samples) IS DISTINCT FROM 'array' OR jsonb_array_length(samples) > 1000
    OR octet_length(samples::text) > 262144 THEN
    RAISE EXCEPTION 'record_samples: at most 1000 samples of 256 kB together, as an array'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO mcp.system_metrics (metric_name, metric_value, metric_unit, server_name, "timestamp", tags)
  SELECT s.name, s.value, s.unit, record_samples.server_name, clock_timestamp(),
    coalesce(s.tags, '{}'::jsonb) || jsonb_build_object('reported_by', session_user)
  FROM jsonb_to_recordset(samples) AS s (name text, value double precision, unit text, tags jsonb);
  GET DIAGNOSTICS recorded = ROW_COUNT;
  RETURN recorded;
END;
$$;

-- Down Migration

DROP FUNCTION mcp.record_samples(text, jsonb);
DROP FUNCTION mcp.record_self_report(text, jsonb);
DROP TABLE mcp.server_reports;
