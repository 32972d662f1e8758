import { databaseName, extensionSchemaName, roles, schemaName, workspaceSchemaName } from "../names.ts";
import { roleIds, textArray } from "./fact.ts";
import type { Fact } from "./fact.ts";
import { membershipFacts } from "./membership.ts";
import { quietLoginsFact } from "./quietLogins.ts";
import { systemFunctions } from "./system.ts";
import type { SystemFunctions } from "./system.ts";

const { owner, reader, writer, application, service, memory, compliance, fixer, provisioner } = roles;

/** Every fact about the database, in the order in which they are brought about. */
export function baselineFacts(): Fact[] {
  return [
    schemaFact(),
    ...extensionFacts(),
    ...workspaceFacts(),
    searchPathFact(),
    ...closedDatabaseFacts(),
    publicSchemaFact(),
    languageFact(),
    settingsViewFact(),
    ...defaultPrivilegeFacts(),
    ...systemFunctions.map(systemFunctionFact),
    ...membershipFacts(),
    quietLoginsFact(),
  ];
}

/** The facts in words, as `Baseline` takes them. */
export function baselineLines(): string[] {
  return baselineFacts().map(({ line }) => line);
}

function schemaFact(): Fact {
  return {
    line: `schema ${schemaName} owned by ${owner}`,
    holds: `(SELECT nspowner = '${owner}'::regrole FROM pg_namespace WHERE nspname = '${schemaName}')`,
    apply: [
      `CREATE SCHEMA IF NOT EXISTS ${schemaName} AUTHORIZATION ${owner}`,
      `ALTER SCHEMA ${schemaName} OWNER TO ${owner}`,
    ],
  };
}

function extensionFacts(): Fact[] {
  const users = [owner, reader, writer, application, service, memory, compliance, fixer, provisioner];
  return [
    {
      line: `extension vector in schema ${extensionSchemaName}`,
      holds: `(SELECT n.nspname = '${extensionSchemaName}' FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
               WHERE e.extname = 'vector')`,
      apply: [
        `CREATE SCHEMA IF NOT EXISTS ${extensionSchemaName}`,
        `CREATE EXTENSION IF NOT EXISTS vector SCHEMA ${extensionSchemaName}`,
        `ALTER EXTENSION vector SET SCHEMA ${extensionSchemaName}`,
      ],
    },
    {
      line: `schema ${extensionSchemaName} used by ${users.join(", ")}, changed by nobody`,
      holds: `(SELECT n.nspowner = '${roles.superuser}'::regrole
                  AND ${grantees("n.nspacl", "n.nspowner")} = ${roleIds(users)}
                  AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) e
                                   WHERE e.grantee <> n.nspowner AND (e.privilege_type <> 'USAGE' OR e.is_grantable))
                 FROM pg_namespace n WHERE n.nspname = '${extensionSchemaName}')`,
      apply: [
        `ALTER SCHEMA ${extensionSchemaName} OWNER TO ${roles.superuser}`,
        revokeEverybody(
          "SCHEMA",
          `SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = '${extensionSchemaName}'`,
          "%I",
        ),
        `GRANT USAGE ON SCHEMA ${extensionSchemaName} TO ${users.join(", ")}`,
      ],
    },
  ];
}

/**
 * The callers' own tables. They belong to the owner, are made by functions of the owner (migration 0015), and
 * nobody else may create anything here: a view, rule, policy or default of a caller's would run with the
 * rights of whoever looks at it.
 */
function workspaceFacts(): Fact[] {
  const users = [reader, writer];
  const schema = `SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = '${workspaceSchemaName}'`;
  const tables = { [reader]: ["SELECT"], [writer]: ["SELECT", "INSERT", "UPDATE", "DELETE"] };
  const wanted = Object.entries(tables).flatMap(([role, verbs]) => verbs.map((verb) => `${role} ${verb}`));
  return [
    {
      line: `schema ${workspaceSchemaName} owned by ${owner}, used by ${users.join(", ")}, changed by nobody`,
      holds: `(SELECT n.nspowner = '${owner}'::regrole
                  AND ${grantees("n.nspacl", "n.nspowner")} = ${roleIds(users)}
                  AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) e
                                   WHERE e.grantee <> n.nspowner AND (e.privilege_type <> 'USAGE' OR e.is_grantable))
                 FROM (${schema}) n)`,
      apply: [
        `CREATE SCHEMA IF NOT EXISTS ${workspaceSchemaName} AUTHORIZATION ${owner}`,
        `ALTER SCHEMA ${workspaceSchemaName} OWNER TO ${owner}`,
        revokeEverybody("SCHEMA", schema, "%I"),
        `GRANT USAGE ON SCHEMA ${workspaceSchemaName} TO ${users.join(", ")}`,
        `COMMENT ON SCHEMA ${workspaceSchemaName} IS 'Tables of clients that may write'`,
      ],
    },
    {
      line: `new tables of ${owner} in ${workspaceSchemaName}: read by ${reader}, read and written by ${writer}`,
      holds: `(SELECT ARRAY(SELECT pg_get_userbyid(e.grantee) || ' ' || e.privilege_type FROM aclexplode(d.defaclacl) e
                             WHERE NOT e.is_grantable ORDER BY 1) = ARRAY(SELECT unnest(${textArray(wanted)}) ORDER BY 1)
                 FROM pg_default_acl d WHERE d.defaclrole = '${owner}'::regrole AND d.defaclobjtype = 'r'
                  AND d.defaclnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '${workspaceSchemaName}'))`,
      apply: [
        `DO $baseline$ DECLARE grantee text; BEGIN
           FOR grantee IN SELECT DISTINCT CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END
             FROM pg_default_acl d, aclexplode(d.defaclacl) e
            WHERE d.defaclrole = '${owner}'::regrole AND d.defaclobjtype = 'r'
              AND d.defaclnamespace = '${workspaceSchemaName}'::regnamespace
           LOOP EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${workspaceSchemaName}
                                REVOKE ALL ON TABLES FROM %s', grantee); END LOOP;
         END $baseline$`,
        ...Object.entries(tables).map(
          ([role, verbs]) =>
            `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${workspaceSchemaName}
             GRANT ${verbs.join(", ")} ON TABLES TO ${role}`,
        ),
      ],
    },
  ];
}

function searchPathFact(): Fact {
  const path = `${schemaName}, ${extensionSchemaName}`;
  return {
    line: `search_path ${path}`,
    holds: `(SELECT 'search_path=${path}' = ANY (setconfig) FROM pg_db_role_setting
              WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
    apply: [`ALTER DATABASE ${databaseName} SET search_path = ${path}`],
  };
}

/** PUBLIC may connect to every database and make temporary tables there, unless told otherwise. */
function closedDatabaseFacts(): Fact[] {
  return [databaseName, "postgres", "template1"].map((database) => ({
    line: `database ${database}: nothing for PUBLIC`,
    holds: `(SELECT NOT ${publicHas("datacl", "d", "datdba")} FROM pg_database WHERE datname = '${database}')`,
    apply: [`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`],
  }));
}

function publicSchemaFact(): Fact {
  return {
    line: "schema public: nothing for PUBLIC",
    // Without a schema public there is nothing to take.
    holds: `(SELECT NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND ${publicHas("nspacl", "n", "nspowner")}))`,
    apply: ["REVOKE ALL ON SCHEMA public FROM PUBLIC"],
  };
}

/** With the language a caller needs no function of ours: DO runs any code. Running existing functions needs no USAGE. */
function languageFact(): Fact {
  return {
    line: `language plpgsql: only ${owner}`,
    holds: `(SELECT NOT ${publicHas("lanacl", "l", "lanowner")} AND has_language_privilege('${owner}', oid, 'USAGE')
               FROM pg_language WHERE lanname = 'plpgsql')`,
    apply: ["REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC", `GRANT USAGE ON LANGUAGE plpgsql TO ${owner}`],
  };
}

/** Its rule makes UPDATE a SELECT of set_config, which a read-only transaction lets through. */
function settingsViewFact(): Fact {
  return {
    line: "pg_settings: no UPDATE for PUBLIC",
    holds: `(SELECT NOT EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) e
              WHERE c.oid = 'pg_catalog.pg_settings'::regclass AND e.grantee = 0 AND e.privilege_type <> 'SELECT'))`,
    apply: [
      "REVOKE ALL ON pg_catalog.pg_settings FROM PUBLIC",
      "GRANT SELECT ON pg_catalog.pg_settings TO PUBLIC",
    ],
  };
}

/** Only the form without a schema takes away what PostgreSQL gives PUBLIC by default (postgres.md §3a). */
function defaultPrivilegeFacts(): Fact[] {
  return [
    { kind: "FUNCTIONS", code: "f" },
    { kind: "TYPES", code: "T" },
  ].map(({ kind, code }) => ({
    line: `new ${kind.toLowerCase()} of ${owner}: nothing for PUBLIC`,
    holds: `(SELECT NOT EXISTS (SELECT FROM aclexplode(defaclacl) e WHERE e.grantee = 0) FROM pg_default_acl
              WHERE defaclrole = '${owner}'::regrole AND defaclnamespace = 0 AND defaclobjtype = '${code}')`,
    apply: [`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} REVOKE ALL ON ${kind} FROM PUBLIC`],
  }));
}

/** One line for functions of one effect; `keep` is exact: nobody else has them. */
function systemFunctionFact({ effect, names, keep }: SystemFunctions): Fact {
  const chosen = `SELECT oid, proname, proowner, proacl FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY (${textArray(names)})`;
  const kept = keep.length === 0 ? "nobody" : `only ${keep.join(", ")}`;
  return {
    line: `${names.join(", ")} (${effect}): ${kept}`,
    holds: `(SELECT bool_and(${grantees("coalesce(p.proacl, acldefault('f', p.proowner))", "p.proowner")} = ${roleIds(keep)})
               FROM (${chosen}) p)`,
    apply: [
      revokeEverybody(
        "FUNCTION",
        `SELECT oid, oid::regprocedure::text, proowner, proacl FROM (${chosen}) p`,
        "%s",
      ),
      ...(keep.length === 0 ? [] : [grantEach(chosen, keep)]),
    ],
  };
}

function grantEach(chosen: string, keep: readonly string[]): string {
  return `DO $baseline$ DECLARE f record; BEGIN
    FOR f IN ${chosen} LOOP
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ${keep.join(", ")}', f.oid::regprocedure);
    END LOOP; END $baseline$`;
}

/** Takes an object from PUBLIC and from every role but its owner. `objects` yields oid, name, owner, access list. */
function revokeEverybody(kind: "SCHEMA" | "FUNCTION", objects: string, placeholder: "%I" | "%s"): string {
  return `DO $baseline$ DECLARE o record; BEGIN
    FOR o IN SELECT x.name, CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS grantee
      FROM (${objects}) AS x(oid, name, owner, acl),
           aclexplode(coalesce(x.acl, acldefault('${kind === "SCHEMA" ? "n" : "f"}', x.owner))) e
     WHERE e.grantee <> x.owner
    LOOP
      EXECUTE format('REVOKE ALL ON ${kind} ${placeholder} FROM %s CASCADE', o.name, o.grantee);
    END LOOP; END $baseline$`;
}

/** Who is in an access list besides the owner, as sorted oids; PUBLIC is 0. */
function grantees(acl: string, ownerColumn: string): string {
  return `ARRAY(SELECT e.grantee FROM aclexplode(${acl}) e WHERE e.grantee <> ${ownerColumn} ORDER BY 1)`;
}

function publicHas(acl: string, code: string, ownerColumn: string): string {
  return `EXISTS (SELECT FROM aclexplode(coalesce(${acl}, acldefault('${code}', ${ownerColumn}))) e WHERE e.grantee = 0)`;
}
