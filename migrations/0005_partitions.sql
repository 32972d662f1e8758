-- Tables partitioned by time: which they are, how long rows stay, and how a partition is made and taken away.
-- No extension is needed. All bounds are UTC.

-- Up Migration

CREATE TABLE mcp.maintenance_settings (
  table_name text PRIMARY KEY,
  time_column text NOT NULL,
  -- Time that one partition holds. Fixed: partitions of two widths would overlap.
  unit text NOT NULL CHECK (unit IN ('day', 'week', 'month')),
  ahead integer NOT NULL CHECK (ahead BETWEEN 1 AND 60),
  retention_days integer NOT NULL CHECK (retention_days BETWEEN 1 AND 3650)
);

COMMENT ON TABLE mcp.maintenance_settings IS 'Tables partitioned by time; retention_days is written by the deployment.';
COMMENT ON COLUMN mcp.maintenance_settings.ahead IS 'Partitions that are made before their time comes.';

CREATE TABLE mcp.maintenance_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  called_by text NOT NULL DEFAULT session_user,
  partitions_created integer NOT NULL,
  partitions_dropped integer NOT NULL,
  rows_moved bigint NOT NULL,
  rows_deleted bigint NOT NULL,
  -- Rows older than the retention are left: the next call goes on at once.
  more boolean NOT NULL,
  problems text[] NOT NULL
);

CREATE INDEX idx_maintenance_runs_finished_at ON mcp.maintenance_runs (finished_at);

-- The partitions of a table, with their bounds; without the default partition.
CREATE FUNCTION mcp.partitions_of(parent text)
RETURNS TABLE (name text, lower_bound timestamptz, upper_bound timestamptz)
LANGUAGE sql STABLE SET search_path = mcp, extensions, pg_temp SET timezone = 'UTC' AS $$
  SELECT c.relname::text, bound[1]::timestamptz, bound[2]::timestamptz
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
  CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid),
    $re$FROM \('([^']+)'\) TO \('([^']+)'\)$re$) AS bound
  WHERE i.inhparent = format('mcp.%I', parent)::regclass AND bound IS NOT NULL
$$;

-- Makes the partition of `instant` and moves rows of its time out of the default partition into it.
-- Returns the number of rows moved; NULL if there is such a partition already.
CREATE FUNCTION mcp.make_partition(parent text, instant timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  setting mcp.maintenance_settings;
  lower_bound timestamptz;
  upper_bound timestamptz;
  name text;
  moved bigint;
  condition text;
BEGIN
  SELECT * INTO STRICT setting FROM mcp.maintenance_settings WHERE table_name = parent;
  lower_bound := date_trunc(setting.unit, instant, 'UTC');
  upper_bound := lower_bound + ('1 ' || setting.unit)::interval;
  name := format('%s_p%s', parent, to_char(lower_bound, 'YYYYMMDD'));
  IF to_regclass(format('mcp.%I', name)) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  condition := format('%I >= %L AND %I < %L', setting.time_column, lower_bound, setting.time_column, upper_bound);
  EXECUTE format('CREATE TABLE mcp.%I (LIKE mcp.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name, parent);
  -- Nobody adds a row of this time to the default partition between moving and attaching.
  EXECUTE format('LOCK TABLE mcp.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
  PERFORM set_config('kilocode.retention', 'on', true);
  EXECUTE format('WITH moved AS (DELETE FROM mcp.%I WHERE %s RETURNING *) INSERT INTO mcp.%I SELECT * FROM moved',
    parent || '_default', condition, name);
  GET DIAGNOSTICS moved = ROW_COUNT;
  PERFORM set_config('kilocode.retention', 'off', true);
  -- A constraint equal to the bounds spares the scan of the new partition while locks are held.
  EXECUTE format('ALTER TABLE mcp.%I ADD CONSTRAINT bounds CHECK (%s)', name, condition);
  EXECUTE format('ALTER TABLE mcp.%I ATTACH PARTITION mcp.%I FOR VALUES FROM (%L) TO (%L)',
    parent, name, lower_bound, upper_bound);
  EXECUTE format('ALTER TABLE mcp.%I DROP CONSTRAINT bounds', name);
  RETURN moved;
END;
$$;

-- Registers a table that was made with PARTITION BY RANGE and gives it its default partition and those ahead.
CREATE FUNCTION mcp.manage_partitions(parent text, time_column text, unit text, ahead integer, retention_days integer)
RETURNS void
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
BEGIN
  INSERT INTO mcp.maintenance_settings VALUES (parent, time_column, unit, ahead, retention_days);
  EXECUTE format('CREATE TABLE mcp.%I PARTITION OF mcp.%I DEFAULT', parent || '_default', parent);
  FOR step IN 0..ahead LOOP
    PERFORM mcp.make_partition(parent, CURRENT_TIMESTAMP + step * ('1 ' || unit)::interval);
  END LOOP;
END;
$$;

-- Down Migration

DROP FUNCTION mcp.manage_partitions(text, text, text, integer, integer);
DROP FUNCTION mcp.make_partition(text, timestamptz);
DROP FUNCTION mcp.partitions_of(text);
DROP TABLE mcp.maintenance_runs, mcp.maintenance_settings;
