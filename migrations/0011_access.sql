-- Tokens, and what servers need to notice within a second that somebody's access has changed.

-- Up Migration

-- Counts changes of access. A sequence, so that changes at the same time do not wait for each other.
CREATE SEQUENCE mcp.access_changes;

CREATE FUNCTION mcp.count_access_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
BEGIN
  PERFORM nextval('mcp.access_changes');
  RETURN NULL;
END;
$$;

-- Deferred to the end of the transaction: who sees the new number soon sees the change too. A use that is counted
-- is no change.
CREATE CONSTRAINT TRIGGER count_access_change AFTER UPDATE ON mcp.api_keys DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (
    (OLD.key_id, OLD.key_hash, OLD.permissions, OLD.is_active, OLD.expires_at, OLD.revoked_at, OLD.created_by)
    IS DISTINCT FROM
    (NEW.key_id, NEW.key_hash, NEW.permissions, NEW.is_active, NEW.expires_at, NEW.revoked_at, NEW.created_by))
  EXECUTE FUNCTION mcp.count_access_change();
CREATE CONSTRAINT TRIGGER count_access_row AFTER INSERT OR DELETE ON mcp.api_keys DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION mcp.count_access_change();
CREATE CONSTRAINT TRIGGER count_access_change AFTER UPDATE ON mcp.users DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (
    (OLD.username, OLD.role, OLD.is_active) IS DISTINCT FROM (NEW.username, NEW.role, NEW.is_active))
  EXECUTE FUNCTION mcp.count_access_change();
CREATE CONSTRAINT TRIGGER count_access_row AFTER DELETE ON mcp.users DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION mcp.count_access_change();

-- Servers ask each second and forget what they know when it differs.
CREATE FUNCTION mcp.access_version() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM mcp.access_changes
$$;

-- The server that asks: the name of its login without the generation, so that no argument can claim another one.
CREATE FUNCTION mcp.asking_server() RETURNS text
LANGUAGE sql STABLE SET search_path = mcp, extensions, pg_temp AS $$
  SELECT regexp_replace(session_user, '_[0-9]+$', '')
$$;

-- All tokens that came from one exchange of a key.
CREATE TABLE mcp.token_families (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  api_key_id bigint NOT NULL REFERENCES mcp.api_keys (id) ON DELETE CASCADE,
  server_name text NOT NULL CHECK (char_length(server_name) <= 100),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_used timestamptz NOT NULL DEFAULT clock_timestamp(),
  ends_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_because text CHECK (revoked_because IN ('reuse', 'too many'))
)
-- Room on each page, so that noting a use touches no index (heap-only update).
WITH (fillfactor = 80);

CREATE INDEX idx_token_families_key ON mcp.token_families (api_key_id, server_name) WHERE revoked_at IS NULL;
CREATE INDEX idx_token_families_api_key ON mcp.token_families (api_key_id);
CREATE INDEX idx_token_families_ends_at ON mcp.token_families (ends_at);

COMMENT ON TABLE mcp.token_families IS 'All tokens that came from one exchange of a key at one server.';
COMMENT ON COLUMN mcp.token_families.server_name IS 'By the login that asked; no other server can go on with it.';
COMMENT ON COLUMN mcp.token_families.ends_at IS 'Set once; no exchange moves it.';

CREATE TABLE mcp.refresh_tokens (
  token_hash text PRIMARY KEY CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  family uuid NOT NULL REFERENCES mcp.token_families (id) ON DELETE CASCADE,
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  used_at timestamptz
);

CREATE INDEX idx_refresh_tokens_family ON mcp.refresh_tokens (family);

COMMENT ON COLUMN mcp.refresh_tokens.token_hash IS 'Lower-case hexadecimal SHA-256; tokens are random, so no slow hash.';
COMMENT ON COLUMN mcp.refresh_tokens.used_at IS 'A token that comes again after that ends its family.';

-- Whom a key, or a token that was given for it, speaks for; no row if key or account is not valid, or the family of
-- the token has ended. `valid_until` is the earliest end that is known.
CREATE FUNCTION mcp.find_caller(key_hash text DEFAULT NULL, key_id text DEFAULT NULL, family uuid DEFAULT NULL)
RETURNS TABLE (client text, role text, servers text[], key_name text, valid_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
  SELECT u.username, u.role,
    ARRAY(SELECT substr(p, 8) FROM unnest(k.permissions) AS p WHERE p LIKE 'server:%'),
    k.key_id, least(k.expires_at, k.revoked_at, f.ends_at)
  FROM mcp.api_keys AS k
    JOIN mcp.users AS u ON u.id = k.created_by
    LEFT JOIN mcp.token_families AS f ON f.id = find_caller.family AND f.api_key_id = k.id
  WHERE (k.key_hash = find_caller.key_hash OR k.key_id = find_caller.key_id) AND k.is_active AND u.is_active
    AND (k.revoked_at IS NULL OR k.revoked_at > clock_timestamp())
    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
    AND (find_caller.family IS NULL OR (f.revoked_at IS NULL AND f.ends_at > clock_timestamp()))
$$;

-- Begins a family with its first refresh token. Of more than `most` living ones of a key at this server the one that
-- was not used for longest ends. No row if the key is not valid.
CREATE FUNCTION mcp.start_token_family(key_id text, token_hash text, lifetime_seconds integer, most integer DEFAULT 100)
RETURNS TABLE (family uuid, ends_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  key_row bigint;
BEGIN
  SELECT k.id INTO key_row FROM mcp.find_caller(key_id => start_token_family.key_id) AS c
    JOIN mcp.api_keys AS k ON k.key_id = c.key_name;
  IF NOT FOUND THEN RETURN; END IF;
  DELETE FROM mcp.token_families WHERE id IN (
    SELECT t.id FROM mcp.token_families AS t WHERE t.ends_at < clock_timestamp() - interval '1 day'
    ORDER BY t.ends_at LIMIT 100 FOR UPDATE SKIP LOCKED);
  UPDATE mcp.token_families SET revoked_at = clock_timestamp(), revoked_because = 'too many' WHERE id IN (
    SELECT t.id FROM mcp.token_families AS t
    WHERE t.api_key_id = key_row AND t.server_name = mcp.asking_server() AND t.revoked_at IS NULL
    ORDER BY t.last_used DESC OFFSET greatest(most, 1) - 1 FOR UPDATE SKIP LOCKED);
  INSERT INTO mcp.token_families AS t (api_key_id, server_name, ends_at)
  VALUES (key_row, mcp.asking_server(), clock_timestamp() + make_interval(secs => lifetime_seconds))
  RETURNING t.id, t.ends_at INTO family, ends_at;
  INSERT INTO mcp.refresh_tokens (token_hash, family) VALUES (start_token_family.token_hash, start_token_family.family);
  RETURN NEXT;
END;
$$;

-- Takes a refresh token and puts the next one in its place. Outcomes: exchanged; unknown (also: another server's);
-- reused (the family ends with that); ended (family, idle time, key or account); early (come back after `wait`
-- seconds; the token is not used up). Exchanges of one family wait for each other.
CREATE FUNCTION mcp.exchange_refresh_token(
  token_hash text, next_hash text, idle_seconds integer, earliest_seconds integer
) RETURNS TABLE (
  outcome text, family uuid, ends_at timestamptz, client text, role text, servers text[], key_name text, wait integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  f mcp.token_families;
  t mcp.refresh_tokens;
  caller record;
BEGIN
  SELECT r.family INTO family FROM mcp.refresh_tokens AS r WHERE r.token_hash = exchange_refresh_token.token_hash;
  SELECT * INTO f FROM mcp.token_families AS x WHERE x.id = exchange_refresh_token.family FOR UPDATE;
  IF NOT FOUND OR f.server_name <> mcp.asking_server() THEN
    outcome := 'unknown'; family := NULL; RETURN NEXT; RETURN;
  END IF;
  -- Read after the lock: another exchange may have used it meanwhile.
  SELECT * INTO t FROM mcp.refresh_tokens AS r WHERE r.token_hash = exchange_refresh_token.token_hash;
  SELECT c.*, k.id INTO caller FROM mcp.api_keys AS k, mcp.find_caller(key_id => k.key_id) AS c
    WHERE k.id = f.api_key_id;
  client := caller.client; role := caller.role; servers := caller.servers; key_name := caller.key_name;
  ends_at := f.ends_at;
  IF t.used_at IS NOT NULL THEN
    UPDATE mcp.token_families AS x SET revoked_at = clock_timestamp(), revoked_because = 'reuse'
      WHERE x.id = f.id AND x.revoked_at IS NULL;
    PERFORM nextval('mcp.access_changes');
    outcome := 'reused';
  ELSIF f.revoked_at IS NOT NULL OR f.ends_at <= clock_timestamp() OR caller.client IS NULL
    OR f.last_used + make_interval(secs => idle_seconds) <= clock_timestamp() THEN
    outcome := 'ended';
  ELSIF t.issued_at + make_interval(secs => earliest_seconds) > clock_timestamp() THEN
    outcome := 'early';
    wait := ceil(extract(epoch FROM t.issued_at + make_interval(secs => earliest_seconds) - clock_timestamp()));
  ELSE
    UPDATE mcp.refresh_tokens AS r SET used_at = clock_timestamp() WHERE r.token_hash = t.token_hash;
    INSERT INTO mcp.refresh_tokens (token_hash, family) VALUES (next_hash, f.id);
    UPDATE mcp.token_families AS x SET last_used = clock_timestamp() WHERE x.id = f.id;
    outcome := 'exchanged';
  END IF;
  RETURN NEXT;
END;
$$;

-- Adds uses that a server has counted since its last call, and keeps the families of used tokens awake. Keys are
-- locked in one order, as several servers write at the same time.
CREATE FUNCTION mcp.note_access(key_ids text[], uses integer[], families uuid[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
BEGIN
  PERFORM FROM mcp.api_keys AS k WHERE k.key_id = ANY (key_ids) ORDER BY k.id FOR NO KEY UPDATE;
  UPDATE mcp.api_keys AS k
  SET usage_count = least(k.usage_count::bigint + greatest(n.uses, 0), 2147483647), last_used = clock_timestamp()
  FROM (SELECT id, sum(count) AS uses FROM unnest(key_ids, note_access.uses) AS u (id, count) GROUP BY id) AS n
  WHERE k.key_id = n.id;
  UPDATE mcp.token_families AS f SET last_used = clock_timestamp()
  WHERE f.id = ANY (families) AND f.server_name = mcp.asking_server() AND f.revoked_at IS NULL;
END;
$$;

-- Down Migration

DROP FUNCTION mcp.note_access(text[], integer[], uuid[]);
DROP FUNCTION mcp.exchange_refresh_token(text, text, integer, integer);
DROP FUNCTION mcp.start_token_family(text, text, integer, integer);
DROP FUNCTION mcp.find_caller(text, text, uuid);
DROP TABLE mcp.refresh_tokens, mcp.token_families;
DROP FUNCTION mcp.asking_server();
DROP FUNCTION mcp.access_version();
DROP TRIGGER count_access_row ON mcp.users;
DROP TRIGGER count_access_change ON mcp.users;
DROP TRIGGER count_access_row ON mcp.api_keys;
DROP TRIGGER count_access_change ON mcp.api_keys;
DROP FUNCTION mcp.count_access_change();
DROP SEQUENCE mcp.access_changes;
