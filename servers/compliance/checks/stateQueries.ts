import { extensionSchemaName, schemaName } from "#model/names.ts";
import { deployedServers, factsOf, valueAt } from "./evidence.ts";
import type { NamedQuery } from "./namedQuery.ts";
import { Unjudged, texts } from "./namedQuery.ts";

/** What the baseline makes, and what PostgreSQL has of itself. */
const knownExtensions = ["plpgsql", "vector"];
/** Tables whose rows nobody changes. */
const records = ["audit_logs", "configuration_file_versions"];

export const looseDefinerFunctions = texts(
  `SELECT format('function %s', p.oid::pg_catalog.regprocedure) AS text FROM pg_catalog.pg_proc AS p
    WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%') ORDER BY 1`,
);

/** By table to what the deployment wrote down. @throws Unjudged if it wrote down nothing */
export const retention: NamedQuery = async (session, { evidence }) => {
  const known = factsOf(evidence, "database");
  const deployed = "facts" in known ? valueAt(known.facts, "/retention") : undefined;
  if (deployed === undefined) throw new Unjudged("the deployment has written down no retention");
  const { rows } = await session.query<{ table: string; days: number; deployed: number }>(
    `SELECT s.table_name AS table, s.retention_days AS days, ($1::jsonb->>s.table_name)::integer AS deployed
       FROM ${schemaName}.maintenance_settings AS s
      WHERE s.retention_days <> ($1::jsonb->>s.table_name)::integer ORDER BY 1`,
    [JSON.stringify(deployed)],
  );
  return rows.map(({ table, days, deployed: wanted }) => ({
    text: `${table} keeps rows for ${days} days; deployed was ${wanted}`,
    target: { table },
  }));
};

export const maintenance = texts(
  `SELECT CASE WHEN r.id IS NULL OR r.finished_at < clock_timestamp() - interval '2 hours'
            THEN format('maintenance last ended %s', coalesce(to_char(r.finished_at AT TIME ZONE 'UTC', '"on" YYYY-MM-DD "at" HH24:MI "UTC"'), 'never'))
            ELSE format('maintenance had problems: %s', array_to_string(r.problems, ', ')) END AS text
     FROM (VALUES (true)) AS one (row)
     LEFT JOIN LATERAL (SELECT * FROM ${schemaName}.maintenance_runs ORDER BY id DESC LIMIT 1) AS r ON true
    WHERE r.id IS NULL OR r.finished_at < clock_timestamp() - interval '2 hours' OR r.problems <> '{}'`,
);

export const auditGuards = texts(
  `SELECT format('%s has no %s trigger in force', t.name, g.name) AS text
     FROM unnest($1::text[]) AS t (name) CROSS JOIN (VALUES ('refuse_change'), ('refuse_truncate')) AS g (name)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS x
                       WHERE x.tgrelid = to_regclass('${schemaName}.' || t.name) AND x.tgname = g.name AND x.tgenabled IN ('O', 'A'))
    ORDER BY 1`,
  () => [records],
);

export const unknownExtensions = texts(
  `SELECT format('extension %s in schema %s', e.extname, n.nspname) AS text
     FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
    WHERE NOT (e.extname = ANY ($1)) OR e.extname <> 'plpgsql' AND n.nspname <> '${extensionSchemaName}' ORDER BY 1`,
  () => [knownExtensions],
);

export const outdatedExtensions = texts(
  `SELECT format('extension %s is %s; installed is %s', name, installed_version, default_version) AS text
     FROM pg_catalog.pg_available_extensions
    WHERE installed_version IS NOT NULL AND installed_version <> default_version ORDER BY 1`,
);

export const pendingSettings = texts(
  "SELECT format('%s waits for a restart', name) AS text FROM pg_catalog.pg_settings WHERE pending_restart ORDER BY 1",
);

/**
 * The baseline's own are the database's search_path, and that PostgreSQL does not log what callers' logins send;
 * everything else stands in postgresql.conf.
 */
export const roleSettings = texts(
  `SELECT format('%s for %s', split_part(c, '=', 1), concat_ws(' in ',
            CASE s.setrole WHEN 0 THEN 'everybody' ELSE pg_catalog.pg_get_userbyid(s.setrole) END,
            (SELECT d.datname FROM pg_catalog.pg_database AS d WHERE d.oid = s.setdatabase))) AS text
     FROM pg_catalog.pg_db_role_setting AS s CROSS JOIN LATERAL unnest(s.setconfig) AS c
    WHERE NOT (s.setrole = 0 AND c LIKE 'search_path=%')
      AND NOT (pg_catalog.pg_get_userbyid(s.setrole) ~ '^postgres_(reader|writer)_[0-9]+$'
               AND split_part(c, '=', 1) IN ('auto_explain.log_min_duration', 'log_min_messages')) ORDER BY 1`,
);

export const silentServers: NamedQuery = async (session, { evidence }) => {
  const { rows } = await session.query<{ text: string }>(
    `SELECT format('%s gave its last sign of life %s', s.name,
              coalesce(to_char(h.last_heartbeat AT TIME ZONE 'UTC', '"on" YYYY-MM-DD "at" HH24:MI:SS "UTC"'), 'never')) AS text
       FROM unnest($1::text[]) AS s (name) LEFT JOIN ${schemaName}.server_status AS h ON h.server_name = s.name
      WHERE h.last_heartbeat IS NULL OR h.last_heartbeat < clock_timestamp() - make_interval(secs => $2) ORDER BY 1`,
    [deployedServers(evidence), evidence.freshSeconds],
  );
  return rows;
};
