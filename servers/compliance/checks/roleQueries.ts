import { systemFunctions } from "#model/access/system.ts";
import { databaseName, loginGroups, roles } from "#model/names.ts";
import { texts } from "./namedQuery.ts";

/** Roles that PostgreSQL brings are its own; the superuser is the one the cluster was made with. */
const ours = `rolname <> '${roles.superuser}' AND rolname !~ '^pg_'`;

export const roleAttributes = texts(
  `SELECT format('%s has%s%s%s%s%s', rolname,
            CASE WHEN rolsuper THEN ' SUPERUSER' END, CASE WHEN rolcreaterole THEN ' CREATEROLE' END,
            CASE WHEN rolcreatedb THEN ' CREATEDB' END, CASE WHEN rolreplication THEN ' REPLICATION' END,
            CASE WHEN rolbypassrls THEN ' BYPASSRLS' END) AS text
     FROM pg_catalog.pg_roles
    WHERE ${ours} AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) ORDER BY 1`,
);

/** Logins carry a generation, apart from the migrator. */
export const unknownLogins = texts(
  `SELECT format('login %s', rolname) AS text FROM pg_catalog.pg_roles
    WHERE ${ours} AND rolcanlogin AND rolname <> '${roles.migrator}'
      AND NOT (regexp_replace(rolname, '_[0-9]+$', '') = ANY ($1) AND rolname ~ '_[0-9]+$') ORDER BY 1`,
  () => [Object.keys(loginGroups)],
);

/** A login is in its group and in no other; the migrator may become the owner. */
export const memberships = texts(
  `SELECT format('%s is a member of %s', m.rolname, r.rolname) AS text
     FROM pg_catalog.pg_auth_members AS a
     JOIN pg_catalog.pg_roles AS m ON m.oid = a.member JOIN pg_catalog.pg_roles AS r ON r.oid = a.roleid
    WHERE m.rolname <> '${roles.superuser}' AND m.rolname !~ '^pg_'
      AND NOT (m.rolname = '${roles.migrator}' AND r.rolname = '${roles.owner}')
      AND ($1::jsonb->>regexp_replace(m.rolname, '_[0-9]+$', '')) IS DISTINCT FROM r.rolname ORDER BY 1`,
  () => [JSON.stringify(loginGroups)],
);

export const publicDatabases = texts(
  `SELECT format('PUBLIC has %s on database %s', string_agg(e.privilege_type, ', ' ORDER BY 1), d.datname) AS text
     FROM pg_catalog.pg_database AS d
     CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS e
    WHERE d.datname IN ('${databaseName}', 'postgres', 'template1') AND e.grantee = 0
    GROUP BY d.datname ORDER BY 1`,
);

export const publicSchemas = texts(
  `SELECT format('PUBLIC has %s on schema %s', e.privilege_type, n.nspname) AS text
     FROM pg_catalog.pg_namespace AS n
     CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) AS e
    WHERE e.grantee = 0 AND (e.privilege_type = 'CREATE' OR n.nspname = 'public') ORDER BY 1`,
);

export const publicLanguages = texts(
  `SELECT format('PUBLIC has USAGE on language %s', l.lanname) AS text
     FROM pg_catalog.pg_language AS l
     CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(l.lanacl, pg_catalog.acldefault('l', l.lanowner))) AS e
    WHERE e.grantee = 0 AND l.lanpltrusted AND l.lanispl ORDER BY 1`,
);

export const publicSystemFunctions = texts(
  `SELECT format('PUBLIC may call %s', p.oid::pg_catalog.regprocedure) AS text
     FROM pg_catalog.pg_proc AS p
     CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS e
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND e.grantee = 0 AND p.proname = ANY ($1) ORDER BY 1`,
  () => [systemFunctions.flatMap(({ names }) => names)],
);
