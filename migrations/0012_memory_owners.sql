-- Whose a memory is, how its content is stored, and what the memory server notes about its own work.

-- Up Migration

ALTER TABLE mcp.memory_items
  ADD COLUMN owner text CHECK (char_length(owner) BETWEEN 1 AND 50),
  ADD COLUMN shared boolean NOT NULL DEFAULT false,
  ADD COLUMN content_hash text,
  ADD COLUMN encryption_key_id text;

COMMENT ON COLUMN mcp.memory_items.owner IS 'Client that stored it; NULL where a statement of somebody else did: then no client sees it unless it is shared.';
COMMENT ON COLUMN mcp.memory_items.shared IS 'Whether every client of the memory server may read it.';
COMMENT ON COLUMN mcp.memory_items.content_hash IS 'Key id and HMAC-SHA-256 of owner and content: says which contents are equal, and nothing else.';
COMMENT ON COLUMN mcp.memory_items.encryption_key_id IS 'Key that content is encrypted with; NULL: content is plain text.';

CREATE INDEX idx_memory_items_owner ON mcp.memory_items (owner, created_at);
CREATE INDEX idx_memory_items_shared ON mcp.memory_items (created_at) WHERE shared;
CREATE INDEX idx_memory_items_embedding_model ON mcp.memory_items (embedding_model);

-- Row-level security. The memory server says in each transaction for which client it works; a statement that
-- forgets to ask for the owner still sees only that client's rows, and one without a client sees none.
ALTER TABLE mcp.memory_items ENABLE ROW LEVEL SECURITY;

CREATE POLICY client_reads ON mcp.memory_items FOR SELECT TO mcp_memory
  USING (owner = (SELECT current_setting('kilocode.client', true)) OR shared AND (SELECT current_setting('kilocode.client', true)) <> '');
CREATE POLICY client_adds ON mcp.memory_items FOR INSERT TO mcp_memory
  WITH CHECK (owner = (SELECT current_setting('kilocode.client', true)));
CREATE POLICY client_changes ON mcp.memory_items FOR UPDATE TO mcp_memory
  USING (owner = (SELECT current_setting('kilocode.client', true)));
CREATE POLICY client_removes ON mcp.memory_items FOR DELETE TO mcp_memory
  USING (owner = (SELECT current_setting('kilocode.client', true)));
-- The server's own rounds (expiry, merging, export, embedding anew) say so instead of naming a client.
CREATE POLICY rounds ON mcp.memory_items TO mcp_memory
  USING ((SELECT current_setting('kilocode.memory_round', true)) = 'on');
-- A caller's SQL names no client, so it sees what every client may see.
CREATE POLICY shared_reads ON mcp.memory_items FOR SELECT TO mcp_reader USING (shared);
-- Statements of the specification.
CREATE POLICY application ON mcp.memory_items TO app_user USING (true);

-- Ids of memories that the transaction's client may read, that have not expired and fit, in no order; NULL for more
-- than `most`. Reading them is left to the caller, under row-level security. That keeps indexes on tags from use, as
-- their operators are not leakproof; here they are used, and ids are all that comes out.
CREATE FUNCTION mcp.memory_candidates(wanted text[], every boolean, since timestamptz, until timestamptz, most integer)
RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  client text := nullif(current_setting('kilocode.client', true), '');
  lower_bound timestamptz := coalesce(since, '-infinity');
  upper_bound timestamptz := coalesce(until, 'infinity');
  ids bigint[];
BEGIN
  IF wanted IS NULL THEN
    ids := ARRAY(SELECT id FROM mcp.memory_items
      WHERE (owner = client OR shared AND client IS NOT NULL) AND created_at >= lower_bound AND created_at < upper_bound
        AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP) LIMIT most + 1);
  ELSIF every THEN
    ids := ARRAY(SELECT id FROM mcp.memory_items
      WHERE tags @> wanted AND (owner = client OR shared AND client IS NOT NULL)
        AND created_at >= lower_bound AND created_at < upper_bound
        AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP) LIMIT most + 1);
  ELSE
    ids := ARRAY(SELECT id FROM mcp.memory_items
      WHERE tags && wanted AND (owner = client OR shared AND client IS NOT NULL)
        AND created_at >= lower_bound AND created_at < upper_bound
        AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP) LIMIT most + 1);
  END IF;
  RETURN CASE WHEN cardinality(ids) <= most THEN ids END;
END;
$$;

-- Adds accesses that the server has counted, also of memories that others shared. Changes nothing else.
CREATE FUNCTION mcp.note_memory_access(ids bigint[], uses integer[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
  UPDATE mcp.memory_items AS m
  SET access_count = least(m.access_count::bigint + greatest(u.uses, 0), 2147483647), last_accessed = clock_timestamp()
  FROM unnest(ids, uses) AS u (id, uses) WHERE m.id = u.id
$$;

-- Makes room: while there are more than `most` memories, those go that were used least and longest ago, of the
-- owner who has most of them, so that nobody can push out another's. `kept` stays. Returns how many are left.
CREATE FUNCTION mcp.evict_memories(most bigint, kept bigint, OUT evicted bigint, OUT remaining bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
DECLARE
  surplus bigint;
  largest text;
  gone bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7309940614);
  DELETE FROM mcp.memory_items WHERE expires_at <= CURRENT_TIMESTAMP;
  GET DIAGNOSTICS evicted = ROW_COUNT;
  SELECT count(*) INTO remaining FROM mcp.memory_items;
  LOOP
    surplus := remaining - most;
    EXIT WHEN surplus <= 0;
    -- In steps, as after each another owner may have most.
    surplus := greatest(1, surplus / 10);
    SELECT owner INTO largest FROM mcp.memory_items WHERE id <> kept GROUP BY owner ORDER BY count(*) DESC, owner LIMIT 1;
    DELETE FROM mcp.memory_items WHERE id IN (
      SELECT id FROM mcp.memory_items WHERE owner IS NOT DISTINCT FROM largest AND id <> kept
      ORDER BY access_count, coalesce(last_accessed, created_at), id LIMIT surplus);
    GET DIAGNOSTICS gone = ROW_COUNT;
    EXIT WHEN gone = 0;
    evicted := evicted + gone;
    remaining := remaining - gone;
  END LOOP;
END;
$$;

-- How many memories have an embedding of another model than `model`, which no search by `model` can find.
CREATE FUNCTION mcp.memories_of_other_models(model text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
  -- Two looks into the index; counting only where it has to be told.
  SELECT CASE WHEN coalesce(min(embedding_model) = model AND max(embedding_model) = model, true) THEN 0
    ELSE (SELECT count(*) FROM mcp.memory_items WHERE embedding_model <> model) END
  FROM mcp.memory_items
$$;

-- What the server does at intervals: one row each, so that several servers, and one that starts anew, agree.
CREATE TABLE mcp.memory_rounds (
  round text PRIMARY KEY CHECK (char_length(round) <= 50),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  position bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN mcp.memory_rounds.position IS 'Id of the last memory that a bounded round looked at.';

-- True for one caller per interval: whoever gets it does the round.
CREATE FUNCTION mcp.claim_memory_round(round text, every interval) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = mcp, extensions, pg_temp AS $$
  WITH claimed AS (
    INSERT INTO mcp.memory_rounds AS r (round) VALUES (claim_memory_round.round)
    ON CONFLICT ON CONSTRAINT memory_rounds_pkey DO UPDATE SET started_at = clock_timestamp()
      WHERE r.started_at <= clock_timestamp() - every
    RETURNING 1)
  SELECT EXISTS (SELECT FROM claimed)
$$;

-- When each encryption key was first seen in use: the age that its rotation is judged by.
CREATE TABLE mcp.memory_keys (
  key_id text PRIMARY KEY CHECK (char_length(key_id) <= 32),
  first_used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Down Migration

DROP TABLE mcp.memory_keys;
DROP FUNCTION mcp.claim_memory_round(text, interval);
DROP TABLE mcp.memory_rounds;
DROP FUNCTION mcp.memories_of_other_models(text);
DROP FUNCTION mcp.evict_memories(bigint, bigint);
DROP FUNCTION mcp.note_memory_access(bigint[], integer[]);
DROP FUNCTION mcp.memory_candidates(text[], boolean, timestamptz, timestamptz, integer);
DROP POLICY application ON mcp.memory_items;
DROP POLICY shared_reads ON mcp.memory_items;
DROP POLICY rounds ON mcp.memory_items;
DROP POLICY client_removes ON mcp.memory_items;
DROP POLICY client_changes ON mcp.memory_items;
DROP POLICY client_adds ON mcp.memory_items;
DROP POLICY client_reads ON mcp.memory_items;
ALTER TABLE mcp.memory_items DISABLE ROW LEVEL SECURITY;
DROP INDEX mcp.idx_memory_items_embedding_model;
DROP INDEX mcp.idx_memory_items_shared;
DROP INDEX mcp.idx_memory_items_owner;
ALTER TABLE mcp.memory_items
  DROP COLUMN encryption_key_id,
  DROP COLUMN content_hash,
  DROP COLUMN shared,
  DROP COLUMN owner;
