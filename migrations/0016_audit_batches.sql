-- Many audit records in one call.

-- Up Migration

-- As record_audit, for an array of objects with its parameters as names. Returns how many rows are new: one that is
-- there already, by event_id and occurred_at, is not added again. A row that cannot be kept as it is, is kept with
-- the little that is sure, so that one bad row holds up no others.
CREATE FUNCTION mcp.record_audit_batch(records jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  added integer;
  total integer := 0;
  entry jsonb;
BEGIN
  IF jsonb_typeof(records) IS DISTINCT FROM 'array' OR EXISTS (
    SELECT FROM jsonb_array_elements(records) AS r
    WHERE r ->> 'event_id' IS NULL OR r ->> 'occurred_at' IS NULL
  ) THEN
    RAISE EXCEPTION 'record_audit_batch: an array of records, each with event_id and occurred_at'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  BEGIN
    RETURN mcp.add_audit_rows(records);
  EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    NULL; -- One by one, then.
  END;
  FOR entry IN SELECT * FROM jsonb_array_elements(records) LOOP
    BEGIN
      added := mcp.add_audit_rows(jsonb_build_array(entry));
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      added := mcp.add_audit_rows(jsonb_build_array(jsonb_build_object(
        'event_id', entry -> 'event_id', 'occurred_at', entry -> 'occurred_at', 'server_name', entry -> 'server_name',
        'action', coalesce(entry ->> 'action', 'unknown'), 'resource_type', 'unknown', 'client', entry -> 'client',
        'status', 'error', 'error_message', format('the record could not be kept as it was sent (%s)', SQLSTATE))));
    END;
    total := total + added;
  END LOOP;
  RETURN total;
END;
$$;

CREATE FUNCTION mcp.add_audit_rows(records jsonb) RETURNS integer
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  latest CONSTANT timestamptz := clock_timestamp();
  added integer;
BEGIN
  INSERT INTO mcp.audit_logs (action, resource_type, resource_id, user_id, actor, ip_address, user_agent,
    request_data, response_data, status, error_message, created_at, server_name, duration_ms, event_id)
  SELECT left(r.action, 100), left(r.resource_type, 50), left(r.resource_id, 100), u.id, left(r.client, 100),
    r.ip_address, left(r.user_agent, 500), r.request_data, r.response_data, r.status, left(r.error_message, 2000),
    least(r.occurred_at, latest), left(r.server_name, 100), r.duration_ms, r.event_id
  FROM jsonb_to_recordset(records) AS r (action text, resource_type text, resource_id text, client text, status text,
      server_name text, ip_address inet, user_agent text, request_data jsonb, response_data jsonb, error_message text,
      duration_ms double precision, event_id uuid, occurred_at timestamptz)
    LEFT JOIN mcp.users AS u ON u.username = r.client
  -- The writer's clock is ahead: the row gets our time, so it is known by its id alone.
  WHERE r.occurred_at <= latest OR NOT EXISTS (
    SELECT FROM mcp.audit_logs AS a WHERE a.event_id = r.event_id AND a.created_at > latest - interval '1 day')
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS added = ROW_COUNT;
  RETURN added;
END;
$$;

-- Down Migration

DROP FUNCTION mcp.record_audit_batch(jsonb);
DROP FUNCTION mcp.add_audit_rows(jsonb);
