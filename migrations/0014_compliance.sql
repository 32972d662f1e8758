-- What the compliance server works with: what was deployed, and fixes that somebody else must approve.

-- Up Migration

-- Written by the deployment. What a server says of itself is compared with it.
CREATE TABLE mcp.deployment_facts (
  server_name text PRIMARY KEY CHECK (char_length(server_name) <= 100),
  facts jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object' AND octet_length(facts::text) <= 65536),
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  written_by text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE mcp.deployment_facts IS 'What each server, and the database, was deployed with; model/compliance/deploymentFacts.ts.';

CREATE TABLE mcp.compliance_fixes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule_id text NOT NULL CHECK (char_length(rule_id) <= 50),
  rule_hash text NOT NULL CHECK (rule_hash ~ '^[0-9a-f]{64}$'),
  server_name text NOT NULL CHECK (char_length(server_name) <= 100),
  fix text NOT NULL CHECK (fix IN ('revoke-grant', 'deactivate-key', 'deactivate-account', 'set-retention')),
  target jsonb NOT NULL CHECK (jsonb_typeof(target) = 'object' AND octet_length(target::text) <= 2000),
  observed jsonb NOT NULL,
  statement text NOT NULL,
  inverse text NOT NULL,
  hash text NOT NULL,
  status text NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'approved', 'applied', 'rolled back', 'void')),
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  approved_by text,
  approved_at timestamptz,
  applied_by text,
  applied_at timestamptz,
  -- The state that the fix left: its inverse runs only while it is still so.
  left_state jsonb,
  rolled_back_by text,
  rolled_back_at timestamptz,
  voided_at timestamptz,
  void_reason text,
  CONSTRAINT compliance_fixes_approval CHECK ((approved_by IS NULL) = (approved_at IS NULL) AND approved_by IS DISTINCT FROM proposed_by),
  CONSTRAINT compliance_fixes_applied CHECK ((applied_by IS NULL) = (left_state IS NULL))
);

-- One open proposal for each thing that can be mended.
CREATE UNIQUE INDEX idx_compliance_fixes_open ON mcp.compliance_fixes (fix, target) WHERE status IN ('proposed', 'approved');

COMMENT ON TABLE mcp.compliance_fixes IS 'Fixes of compliance rules, from proposal to rollback. Only functions write.';
COMMENT ON COLUMN mcp.compliance_fixes.rule_hash IS 'SHA-256 of the rule: another rule of that name is not what was approved.';
COMMENT ON COLUMN mcp.compliance_fixes.hash IS 'SHA-256 over rule, target, observed state, statement and inverse: any change voids the row.';
COMMENT ON COLUMN mcp.compliance_fixes.proposed_by IS 'Account, or ''scheduled run''.';

-- Each fix has a plan: the state of its target now, whether it is one to mend, the statement that mends it and the
-- one that takes it back. Rows that it looks at are locked until the transaction ends.

-- {"grantee", "kind": table | sequence | function | schema, "object", "verb", "column"?}, as the access matrix names
-- them. A privilege on a table hides those on its columns, which REVOKE would take with it: they are given back.
CREATE FUNCTION mcp.plan_revoke_grant(target jsonb,
  OUT state jsonb, OUT needed boolean, OUT statement text, OUT inverse text)
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  kind text := target->>'kind';
  verb text := target->>'verb';
  who text := CASE target->>'grantee' WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(target->>'grantee') END;
  role oid := CASE target->>'grantee' WHEN 'PUBLIC' THEN 0 ELSE to_regrole(quote_ident(target->>'grantee'))::oid END;
  place text;
  owner oid;
  acl aclitem[];
  relation oid;
  entries jsonb;
  columns text;
BEGIN
  IF verb NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN', 'USAGE', 'CREATE', 'EXECUTE') THEN
    RAISE EXCEPTION '% is no privilege', verb USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF kind = 'schema' THEN
    SELECT 'SCHEMA mcp', n.nspowner, n.nspacl INTO place, owner, acl
    FROM pg_namespace AS n WHERE n.nspname = 'mcp' AND target->>'object' = 'mcp';
  ELSIF kind = 'function' THEN
    SELECT format('ROUTINE mcp.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), p.proowner,
      coalesce(p.proacl, acldefault('f', p.proowner)) INTO place, owner, acl
    FROM pg_proc AS p WHERE p.pronamespace = 'mcp'::regnamespace
      AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) = target->>'object';
  ELSE
    SELECT format('%s mcp.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname), c.relowner,
      CASE WHEN target->>'column' IS NULL THEN c.relacl
        ELSE (SELECT a.attacl FROM pg_attribute AS a
              WHERE a.attrelid = c.oid AND a.attname = target->>'column' AND NOT a.attisdropped) END,
      c.oid INTO place, owner, acl, relation
    FROM pg_class AS c WHERE c.relnamespace = 'mcp'::regnamespace AND c.relname = target->>'object'
      AND kind = CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END;
  END IF;
  SELECT coalesce(jsonb_agg(jsonb_build_object('grantor', pg_get_userbyid(e.grantor), 'grantable', e.is_grantable)
      ORDER BY e.grantor), '[]') INTO entries
  FROM aclexplode(acl) AS e WHERE e.grantee = role AND e.privilege_type = verb AND e.grantee <> owner;
  IF target->>'column' IS NULL THEN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
    FROM pg_attribute AS a CROSS JOIN LATERAL aclexplode(a.attacl) AS e
    WHERE a.attrelid = relation AND e.grantee = role AND e.privilege_type = verb;
  END IF;
  state := jsonb_build_object('entries', entries, 'columns', columns);
  needed := place IS NOT NULL AND entries <> '[]';
  IF NOT needed THEN
    RETURN;
  END IF;
  IF jsonb_array_length(entries) > 1 OR entries->0->>'grantor' <> pg_get_userbyid(owner) THEN
    RAISE EXCEPTION '% on % was granted to % by another role than its owner', verb, place, who
      USING ERRCODE = 'feature_not_supported', HINT = 'npm run up takes it back';
  END IF;
  IF target->>'column' IS NOT NULL THEN
    verb := format('%s (%I)', verb, target->>'column');
  END IF;
  statement := format('REVOKE %s ON %s FROM %s', verb, place, who)
    || CASE WHEN columns IS NULL THEN '' ELSE format('; GRANT %s (%s) ON %s TO %s', verb, columns, place, who) END;
  inverse := format('GRANT %s ON %s TO %s%s', verb, place, who,
    CASE WHEN (entries->0->>'grantable')::boolean THEN ' WITH GRANT OPTION' ELSE '' END);
END;
$$;

-- {"key_id"}: a key that has expired and still counts as active.
CREATE FUNCTION mcp.plan_deactivate_key(target jsonb,
  OUT state jsonb, OUT needed boolean, OUT statement text, OUT inverse text)
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  entry mcp.api_keys;
BEGIN
  SELECT * INTO entry FROM mcp.api_keys AS k WHERE k.key_id = target->>'key_id' FOR UPDATE;
  state := jsonb_build_object('is_active', entry.is_active, 'expires_at', entry.expires_at, 'revoked_at', entry.revoked_at);
  needed := coalesce(entry.is_active AND entry.expires_at <= clock_timestamp(), false);
  statement := format('UPDATE mcp.api_keys SET is_active = false WHERE key_id = %L', entry.key_id);
  inverse := format('UPDATE mcp.api_keys SET is_active = true, revoked_at = %L WHERE key_id = %L',
    entry.revoked_at, entry.key_id);
END;
$$;

-- {"username"}: the account of a client that no key speaks for.
CREATE FUNCTION mcp.plan_deactivate_account(target jsonb,
  OUT state jsonb, OUT needed boolean, OUT statement text, OUT inverse text)
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  entry mcp.users;
  keys bigint;
BEGIN
  -- A new key of the account waits for this lock, as it refers to the row.
  SELECT * INTO entry FROM mcp.users AS u WHERE u.username = target->>'username' FOR UPDATE;
  SELECT count(*) INTO keys FROM mcp.api_keys AS k
  WHERE k.created_by = entry.id AND k.is_active AND (k.revoked_at IS NULL OR k.revoked_at > clock_timestamp())
    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());
  state := jsonb_build_object('is_active', entry.is_active, 'keys', keys);
  needed := coalesce(entry.is_active AND entry.email = entry.username || '@clients.invalid' AND keys = 0, false);
  statement := format('UPDATE mcp.users SET is_active = false WHERE username = %L', entry.username);
  inverse := format('UPDATE mcp.users SET is_active = true WHERE username = %L', entry.username);
END;
$$;

-- {"table"}: rows are kept for another time than was deployed.
CREATE FUNCTION mcp.plan_set_retention(target jsonb,
  OUT state jsonb, OUT needed boolean, OUT statement text, OUT inverse text)
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  entry mcp.maintenance_settings;
  deployed integer;
BEGIN
  SELECT * INTO entry FROM mcp.maintenance_settings AS s WHERE s.table_name = target->>'table' FOR UPDATE;
  SELECT (f.facts->'retention'->>entry.table_name)::integer INTO deployed
  FROM mcp.deployment_facts AS f WHERE f.server_name = 'database';
  state := jsonb_build_object('days', entry.retention_days, 'deployed', deployed);
  needed := coalesce(entry.retention_days <> deployed, false);
  statement := format('UPDATE mcp.maintenance_settings SET retention_days = %s WHERE table_name = %L', deployed, entry.table_name);
  inverse := format('UPDATE mcp.maintenance_settings SET retention_days = %s WHERE table_name = %L', entry.retention_days, entry.table_name);
END;
$$;

CREATE FUNCTION mcp.plan_compliance_fix(fix text, target jsonb,
  OUT state jsonb, OUT needed boolean, OUT statement text, OUT inverse text)
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
BEGIN
  CASE fix
    WHEN 'revoke-grant' THEN SELECT * INTO state, needed, statement, inverse FROM mcp.plan_revoke_grant(target);
    WHEN 'deactivate-key' THEN SELECT * INTO state, needed, statement, inverse FROM mcp.plan_deactivate_key(target);
    WHEN 'deactivate-account' THEN SELECT * INTO state, needed, statement, inverse FROM mcp.plan_deactivate_account(target);
    WHEN 'set-retention' THEN SELECT * INTO state, needed, statement, inverse FROM mcp.plan_set_retention(target);
    ELSE RAISE EXCEPTION 'there is no fix "%"', fix USING ERRCODE = 'invalid_parameter_value';
  END CASE;
END;
$$;

-- What a row was approved for, as one value.
CREATE FUNCTION mcp.hash_compliance_fix(rule_id text, rule_hash text, server_name text, fix text, target jsonb,
  state jsonb, statement text, inverse text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = mcp, extensions, pg_temp AS $$
  SELECT encode(sha256(convert_to(
    jsonb_build_array(rule_id, rule_hash, server_name, fix, target, state, statement, inverse)::text, 'UTF8')), 'hex')
$$;

-- The row, locked, with its target looked at again. One that no longer holds comes back as void.
CREATE FUNCTION mcp.recheck_compliance_fix(fix_id bigint, rule_hash text) RETURNS mcp.compliance_fixes
LANGUAGE plpgsql SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  entry mcp.compliance_fixes;
  plan record;
  reason text;
BEGIN
  SELECT * INTO entry FROM mcp.compliance_fixes AS f WHERE f.id = fix_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no fix %', fix_id USING ERRCODE = 'no_data_found';
  END IF;
  IF entry.status NOT IN ('proposed', 'approved') THEN
    RETURN entry;
  END IF;
  SELECT * INTO plan FROM mcp.plan_compliance_fix(entry.fix, entry.target);
  reason := CASE
    WHEN entry.rule_hash IS DISTINCT FROM recheck_compliance_fix.rule_hash THEN 'the rule has changed'
    WHEN NOT plan.needed THEN 'there is nothing left to mend'
    WHEN plan.state IS DISTINCT FROM entry.observed THEN 'what was observed has changed'
    WHEN entry.hash IS DISTINCT FROM mcp.hash_compliance_fix(entry.rule_id, entry.rule_hash, entry.server_name, entry.fix,
      entry.target, plan.state, plan.statement, plan.inverse) THEN 'the statement has changed'
  END;
  IF reason IS NOT NULL THEN
    UPDATE mcp.compliance_fixes AS f SET status = 'void', voided_at = clock_timestamp(), void_reason = reason
    WHERE f.id = fix_id RETURNING * INTO entry;
  END IF;
  RETURN entry;
END;
$$;

-- An open proposal of the same is answered instead of a second one.
CREATE FUNCTION mcp.propose_compliance_fix(rule_id text, rule_hash text, server_name text, fix text, target jsonb, proposer text)
RETURNS SETOF mcp.compliance_fixes
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  plan record;
  wanted text;
  known mcp.compliance_fixes;
BEGIN
  SELECT * INTO plan FROM mcp.plan_compliance_fix(fix, target);
  IF NOT plan.needed THEN
    RAISE EXCEPTION 'there is nothing to mend here any more' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  wanted := mcp.hash_compliance_fix(rule_id, rule_hash, server_name, fix, target, plan.state, plan.statement, plan.inverse);
  SELECT * INTO known FROM mcp.compliance_fixes AS f
  WHERE f.fix = propose_compliance_fix.fix AND f.target = propose_compliance_fix.target
    AND f.status IN ('proposed', 'approved') FOR UPDATE;
  IF known.hash = wanted THEN
    RETURN NEXT known;
    RETURN;
  END IF;
  UPDATE mcp.compliance_fixes AS f
  SET status = 'void', voided_at = clock_timestamp(), void_reason = 'another proposal took its place'
  WHERE f.id = known.id;
  RETURN QUERY INSERT INTO mcp.compliance_fixes
      (rule_id, rule_hash, server_name, fix, target, observed, statement, inverse, hash, proposed_by)
    VALUES (propose_compliance_fix.rule_id, propose_compliance_fix.rule_hash, propose_compliance_fix.server_name,
      propose_compliance_fix.fix, propose_compliance_fix.target, plan.state, plan.statement, plan.inverse, wanted, proposer)
    RETURNING *;
END;
$$;

-- By another account than the one that proposed it; which of an account's keys was used makes no difference.
CREATE FUNCTION mcp.approve_compliance_fix(fix_id bigint, rule_hash text, approver text) RETURNS SETOF mcp.compliance_fixes
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  entry mcp.compliance_fixes := mcp.recheck_compliance_fix(fix_id, rule_hash);
BEGIN
  IF entry.status = 'void' THEN
    RETURN NEXT entry;
    RETURN;
  ELSIF entry.status <> 'proposed' THEN
    RAISE EXCEPTION 'fix % is %, not proposed', fix_id, entry.status USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF approver = entry.proposed_by THEN
    RAISE EXCEPTION 'fix % was proposed by %: another user must approve it', fix_id, approver USING ERRCODE = 'insufficient_privilege';
  ELSIF NOT EXISTS (SELECT FROM mcp.users WHERE username = approver AND is_active) THEN
    RAISE EXCEPTION '% is no active account', approver USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE mcp.compliance_logs AS l SET approved_by = left(approver, 50), approved_at = clock_timestamp()
  WHERE (l.id, l.created_at) = (SELECT r.id, r.created_at FROM mcp.compliance_logs AS r
    WHERE r.server_name = entry.server_name AND r.rule_id = entry.rule_id ORDER BY r.created_at DESC, r.id DESC LIMIT 1);
  RETURN QUERY UPDATE mcp.compliance_fixes AS f
    SET status = 'approved', approved_by = approver, approved_at = clock_timestamp()
    WHERE f.id = fix_id RETURNING *;
END;
$$;

-- Runs the statement if the row is approved and nothing that it was approved for has changed.
CREATE FUNCTION mcp.apply_compliance_fix(fix_id bigint, rule_hash text, applier text, approval_required boolean)
RETURNS SETOF mcp.compliance_fixes
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  entry mcp.compliance_fixes;
  plan record;
BEGIN
  -- The deployment's lock: what it brings about and what a fix does must not meet.
  IF NOT pg_try_advisory_xact_lock(7309940612) THEN
    RAISE EXCEPTION 'a deployment is at work' USING ERRCODE = 'lock_not_available', HINT = 'try again when it has ended';
  END IF;
  entry := mcp.recheck_compliance_fix(fix_id, rule_hash);
  IF entry.status = 'void' THEN
    RETURN NEXT entry;
    RETURN;
  ELSIF entry.status = 'proposed' AND approval_required THEN
    RAISE EXCEPTION 'fix % is not approved', fix_id USING ERRCODE = 'insufficient_privilege',
      HINT = format('another user than %s calls approve_fix', entry.proposed_by);
  ELSIF entry.status NOT IN ('proposed', 'approved') THEN
    RAISE EXCEPTION 'fix % is %', fix_id, entry.status USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  EXECUTE entry.statement;
  SELECT * INTO plan FROM mcp.plan_compliance_fix(entry.fix, entry.target);
  IF plan.needed THEN
    RAISE EXCEPTION 'the statement had no effect; nothing was changed' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN QUERY UPDATE mcp.compliance_fixes AS f
    SET status = 'applied', applied_by = applier, applied_at = clock_timestamp(), left_state = plan.state
    WHERE f.id = fix_id RETURNING *;
END;
$$;

-- Runs the inverse while the state is still the one that the fix left.
CREATE FUNCTION mcp.rollback_compliance_fix(fix_id bigint, who text) RETURNS SETOF mcp.compliance_fixes
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  entry mcp.compliance_fixes;
  plan record;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7309940612) THEN
    RAISE EXCEPTION 'a deployment is at work' USING ERRCODE = 'lock_not_available', HINT = 'try again when it has ended';
  END IF;
  SELECT * INTO entry FROM mcp.compliance_fixes AS f WHERE f.id = fix_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no fix %', fix_id USING ERRCODE = 'no_data_found';
  ELSIF entry.status <> 'applied' THEN
    RAISE EXCEPTION 'fix % is %, not applied', fix_id, entry.status USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF entry.hash <> mcp.hash_compliance_fix(entry.rule_id, entry.rule_hash, entry.server_name, entry.fix, entry.target,
    entry.observed, entry.statement, entry.inverse) THEN
    RAISE EXCEPTION 'the record of fix % has changed', fix_id USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  SELECT * INTO plan FROM mcp.plan_compliance_fix(entry.fix, entry.target);
  IF plan.state IS DISTINCT FROM entry.left_state THEN
    RAISE EXCEPTION 'the state is no longer the one that fix % left', fix_id USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'look at the target; npm run up brings back what was deployed';
  END IF;
  EXECUTE entry.inverse;
  SELECT * INTO plan FROM mcp.plan_compliance_fix(entry.fix, entry.target);
  IF plan.state IS DISTINCT FROM entry.observed THEN
    RAISE EXCEPTION 'the inverse of fix % did not bring the state back; nothing was changed', fix_id
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN QUERY UPDATE mcp.compliance_fixes AS f
    SET status = 'rolled back', rolled_back_by = who, rolled_back_at = clock_timestamp()
    WHERE f.id = fix_id RETURNING *;
END;
$$;

-- Whether an account has a password, without the hash being read. The stack's own have '!'.
CREATE FUNCTION mcp.account_has_password(account bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
  SELECT u.password_hash <> '!' FROM mcp.users AS u WHERE u.id = account
$$;

-- One run at a time in a stack. The session that began it holds the lock until it ends it, or ends.
CREATE FUNCTION mcp.begin_compliance_run() RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$ SELECT pg_try_advisory_lock(7309940640) $$;

CREATE FUNCTION mcp.end_compliance_run() RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$ SELECT pg_advisory_unlock(7309940640) $$;

-- Down Migration

DROP FUNCTION mcp.end_compliance_run();
DROP FUNCTION mcp.begin_compliance_run();
DROP FUNCTION mcp.account_has_password(bigint);
DROP FUNCTION mcp.rollback_compliance_fix(bigint, text);
DROP FUNCTION mcp.apply_compliance_fix(bigint, text, text, boolean);
DROP FUNCTION mcp.approve_compliance_fix(bigint, text, text);
DROP FUNCTION mcp.propose_compliance_fix(text, text, text, text, jsonb, text);
DROP FUNCTION mcp.recheck_compliance_fix(bigint, text);
DROP FUNCTION mcp.hash_compliance_fix(text, text, text, text, jsonb, jsonb, text, text);
DROP FUNCTION mcp.plan_compliance_fix(text, jsonb);
DROP FUNCTION mcp.plan_set_retention(jsonb);
DROP FUNCTION mcp.plan_deactivate_account(jsonb);
DROP FUNCTION mcp.plan_deactivate_key(jsonb);
DROP FUNCTION mcp.plan_revoke_grant(jsonb);
DROP TABLE mcp.compliance_fixes, mcp.deployment_facts;
