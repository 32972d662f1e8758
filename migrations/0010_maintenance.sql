-- Partitions ahead, old rows away. Whoever calls run_maintenance is the scheduler; too often costs nothing.

-- Up Migration

-- Deletes at most `batch` rows older than `cutoff`; rows of partitions that are old as a whole only if `whole`.
CREATE FUNCTION mcp.delete_expired_rows(parent text, cutoff timestamptz, batch bigint, whole boolean)
RETURNS bigint
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  time_column text := (SELECT s.time_column FROM mcp.maintenance_settings AS s WHERE s.table_name = parent);
  leaf text;
  deleted bigint;
  total bigint := 0;
BEGIN
  PERFORM set_config('kilocode.retention', 'on', true);
  FOR leaf IN
    SELECT parent || '_default'
    UNION ALL
    SELECT name FROM mcp.partitions_of(parent) WHERE lower_bound < cutoff AND (whole OR upper_bound > cutoff)
  LOOP
    EXECUTE format('DELETE FROM mcp.%1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM mcp.%1$I WHERE %2$I < $1 LIMIT $2))',
      leaf, time_column) USING cutoff, batch - total;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    total := total + deleted;
    EXIT WHEN total >= batch;
  END LOOP;
  PERFORM set_config('kilocode.retention', 'off', true);
  RETURN total;
END;
$$;

-- Drops partitions that are old as a whole. Who reads the table for long is not waited for: the problem is
-- told, and the next call tries again. `removed` is counted only on demand, as counting reads all of it.
CREATE FUNCTION mcp.drop_expired_partitions(parent text, cutoff timestamptz, counted boolean, attempts integer,
  OUT dropped integer, OUT removed bigint, OUT problem text)
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  old_partition text;
  found_rows bigint;
BEGIN
  dropped := 0;
  removed := 0;
  FOR old_partition IN SELECT name FROM mcp.partitions_of(parent) WHERE upper_bound <= cutoff LOOP
    found_rows := 0;
    IF counted THEN
      EXECUTE format('SELECT count(*) FROM mcp.%I', old_partition) INTO found_rows;
    END IF;
    FOR attempt IN 1..attempts LOOP
      BEGIN
        EXECUTE format('LOCK TABLE mcp.%I, mcp.%I IN ACCESS EXCLUSIVE MODE', parent, old_partition);
        EXECUTE format('DROP TABLE mcp.%I', old_partition);
        dropped := dropped + 1;
        removed := removed + found_rows;
        EXIT;
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        IF attempt = attempts THEN
          problem := format('%s could not be dropped: the table is in use', old_partition);
          RETURN;
        END IF;
        PERFORM pg_sleep(0.1);
      END;
    END LOOP;
  END LOOP;
END;
$$;

-- Makes the partitions ahead and those for rows that wait in the default partition: at most 12 of these in a
-- call, none for rows that are old anyway or more than ten years ahead.
CREATE FUNCTION mcp.make_partitions(parent text, cutoff timestamptz, attempts integer,
  OUT created integer, OUT moved bigint, OUT problem text)
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  setting mcp.maintenance_settings;
  wanted timestamptz[];
  instant timestamptz;
  moved_now bigint;
BEGIN
  created := 0;
  moved := 0;
  SELECT * INTO STRICT setting FROM mcp.maintenance_settings WHERE table_name = parent;
  EXECUTE format('SELECT ARRAY(SELECT DISTINCT date_trunc(%1$L, %2$I, ''UTC'') FROM mcp.%3$I
    WHERE %2$I >= $1 AND %2$I < CURRENT_TIMESTAMP + interval ''10 years'' ORDER BY 1 LIMIT 12)',
    setting.unit, setting.time_column, parent || '_default') INTO wanted USING cutoff;
  wanted := ARRAY(SELECT CURRENT_TIMESTAMP + step * ('1 ' || setting.unit)::interval
    FROM generate_series(0, setting.ahead) AS step) || wanted;
  FOREACH instant IN ARRAY wanted LOOP
    FOR attempt IN 1..attempts LOOP
      BEGIN
        moved_now := mcp.make_partition(parent, instant);
        created := created + (moved_now IS NOT NULL)::integer;
        moved := moved + coalesce(moved_now, 0);
        EXIT;
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        IF attempt = attempts THEN
          problem := format('%s has no partition for %s yet: the table is in use', parent, instant::date);
          RETURN;
        END IF;
        PERFORM pg_sleep(0.1);
      END;
    END LOOP;
  END LOOP;
END;
$$;

-- One round over all tables that mcp.maintenance_settings names, and expired memory items. Returns its row of
-- maintenance_runs; no row if another round is at work, or the last one ended within ten minutes with nothing
-- left and `force` is false. `batch`: rows deleted at most, per table; while `more` is true, call again.
CREATE FUNCTION mcp.run_maintenance(force boolean DEFAULT false, batch integer DEFAULT 20000)
RETURNS SETOF mcp.maintenance_runs
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  run mcp.maintenance_runs;
  setting mcp.maintenance_settings;
  made record;
  gone record;
  deleted bigint;
  cutoff timestamptz;
  attempts integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7309940613) OR NOT force AND (
    SELECT r.finished_at > clock_timestamp() - interval '10 minutes' AND NOT r.more
    FROM mcp.maintenance_runs AS r ORDER BY r.id DESC LIMIT 1
  ) THEN
    RETURN;
  END IF;
  run.started_at := clock_timestamp();
  run.partitions_created := 0;
  run.partitions_dropped := 0;
  run.rows_moved := 0;
  run.more := false;
  run.problems := '{}';

  DELETE FROM mcp.memory_items WHERE id IN
    (SELECT id FROM mcp.memory_items WHERE expires_at <= CURRENT_TIMESTAMP LIMIT batch);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  run.rows_deleted := deleted;
  run.more := deleted >= batch;
  DELETE FROM mcp.maintenance_runs WHERE finished_at < CURRENT_TIMESTAMP - interval '90 days';

  -- Whole days, so that a partition that ends with one is dropped and not deleted row by row.
  FOR setting IN SELECT * FROM mcp.maintenance_settings ORDER BY table_name LOOP
    cutoff := date_trunc('day', CURRENT_TIMESTAMP - make_interval(days => setting.retention_days), 'UTC');
    deleted := mcp.delete_expired_rows(setting.table_name, cutoff, batch, false);
    run.rows_deleted := run.rows_deleted + deleted;
    run.more := run.more OR deleted >= batch;
  END LOOP;

  -- Last, as what these lock stays locked until the end; who holds a lock does not wait long for the next one.
  FOR setting IN SELECT * FROM mcp.maintenance_settings ORDER BY table_name LOOP
    cutoff := date_trunc('day', CURRENT_TIMESTAMP - make_interval(days => setting.retention_days), 'UTC');
    attempts := CASE WHEN run.partitions_created + run.partitions_dropped = 0 THEN 3 ELSE 1 END;
    made := mcp.make_partitions(setting.table_name, cutoff, attempts);
    gone := mcp.drop_expired_partitions(setting.table_name, cutoff, false, attempts);
    run.partitions_created := run.partitions_created + made.created;
    run.rows_moved := run.rows_moved + made.moved;
    run.partitions_dropped := run.partitions_dropped + gone.dropped;
    run.problems := run.problems || array_remove(ARRAY[made.problem, gone.problem], NULL);
  END LOOP;

  RETURN QUERY INSERT INTO mcp.maintenance_runs (started_at, finished_at, partitions_created, partitions_dropped,
      rows_moved, rows_deleted, more, problems)
    VALUES (run.started_at, clock_timestamp(), run.partitions_created, run.partitions_dropped,
      run.rows_moved, run.rows_deleted, run.more, run.problems)
    RETURNING *;
END;
$$;

-- By hand, all at once and to the second: what the retention says is gone when it returns, also from a
-- partition that somebody is reading. A row for each table, with the number of rows removed.
CREATE FUNCTION mcp.cleanup_expired_data() RETURNS TABLE (table_name text, removed bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  setting mcp.maintenance_settings;
  cutoff timestamptz;
  gone record;
BEGIN
  PERFORM pg_advisory_xact_lock(7309940613);

  DELETE FROM mcp.memory_items WHERE expires_at <= CURRENT_TIMESTAMP;
  GET DIAGNOSTICS removed = ROW_COUNT;
  table_name := 'memory_items';
  RETURN NEXT;

  -- Active or not: an expired key opens nothing.
  DELETE FROM mcp.api_keys WHERE expires_at <= CURRENT_TIMESTAMP;
  GET DIAGNOSTICS removed = ROW_COUNT;
  table_name := 'api_keys';
  RETURN NEXT;

  FOR setting IN SELECT * FROM mcp.maintenance_settings AS s ORDER BY s.table_name LOOP
    cutoff := CURRENT_TIMESTAMP - make_interval(days => setting.retention_days);
    table_name := setting.table_name;
    gone := mcp.drop_expired_partitions(setting.table_name, cutoff, true, 3);
    removed := gone.removed + mcp.delete_expired_rows(setting.table_name, cutoff, 9223372036854775807, true);
    RETURN NEXT;
  END LOOP;
END;
$$;

-- Down Migration

DROP FUNCTION mcp.cleanup_expired_data();
DROP FUNCTION mcp.run_maintenance(boolean, integer);
DROP FUNCTION mcp.make_partitions(text, timestamptz, integer);
DROP FUNCTION mcp.drop_expired_partitions(text, timestamptz, boolean, integer);
DROP FUNCTION mcp.delete_expired_rows(text, timestamptz, bigint, boolean);
