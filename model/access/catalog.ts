import type { ObjectKind, Privilege } from "./privilege.ts";
import { objectId } from "./statements.ts";
import type { ObjectNames } from "./statements.ts";

/** A session that runs one statement, such as a client of `pg`. */
interface Session {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Who may do what in one schema, and how SQL names its objects. */
export interface Catalog {
  /** All but what an owner has by owning. */
  readonly privileges: readonly Privilege[];
  readonly names: ObjectNames;
  /** Objects that belong to somebody else than `owner`, as `table users of postgres`. */
  readonly foreign: readonly string[];
}

/**
 * Privileges as they hold, defaults included: an object without an access list has PostgreSQL's own (PUBLIC may
 * execute functions). Extensions' objects are theirs; row and array types follow their table or element.
 */
const catalogQuery = `
WITH objects (kind, object, name, "column", owner, acl) AS (
  SELECT 'schema', n.nspname::text, format('SCHEMA %I', n.nspname), NULL::text, n.nspowner,
         coalesce(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_namespace n WHERE n.nspname = $1
  UNION ALL
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, c.relname::text,
         format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, $1, c.relname), NULL, c.relowner,
         coalesce(c.relacl, acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))
    FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'table', c.relname::text, format('TABLE %I.%I', $1, c.relname), a.attname::text, c.relowner, a.attacl
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relnamespace = $1::regnamespace AND a.attacl IS NOT NULL AND NOT a.attisdropped
  UNION ALL
  SELECT 'function', format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)),
         'ROUTINE ' || format('%I.%I(%s)', $1, p.proname, pg_get_function_identity_arguments(p.oid)), NULL, p.proowner,
         coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_proc p WHERE p.pronamespace = $1::regnamespace
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
  UNION ALL
  SELECT 'type', t.typname::text, format('TYPE %I.%I', $1, t.typname), NULL, t.typowner,
         coalesce(t.typacl, acldefault('T', t.typowner))
    FROM pg_type t WHERE t.typnamespace = $1::regnamespace AND t.typtype IN ('d', 'e', 'r')
)
SELECT o.kind, o.object, o.name, o."column", pg_get_userbyid(o.owner)::text AS owner,
       CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(e.grantee)::text END AS grantee,
       e.privilege_type AS verb, e.is_grantable AS grantable
  FROM objects o LEFT JOIN LATERAL aclexplode(o.acl) e ON e.grantee <> o.owner
 ORDER BY o.kind, o.object, grantee, o."column" NULLS FIRST, verb`;

interface CatalogRow {
  kind: ObjectKind;
  object: string;
  name: string;
  column: string | null;
  owner: string;
  grantee: string | null;
  verb: string | null;
  grantable: boolean | null;
}

export async function readCatalog(session: Session, schema: string, owner: string): Promise<Catalog> {
  const rows = (await session.query(catalogQuery, [schema])).rows as CatalogRow[];
  return {
    privileges: rows.flatMap(privilegeOf),
    names: new Map(rows.map((row) => [objectId(row), row.name])),
    foreign: [
      ...new Set(rows.filter((row) => row.owner !== owner).map((row) => `${objectId(row)} of ${row.owner}`)),
    ],
  };
}

/** An object without any grant comes as one row without grantee. */
function privilegeOf(row: CatalogRow): Privilege[] {
  if (row.grantee === null || row.verb === null) return [];
  return [
    {
      grantee: row.grantee,
      verb: row.verb,
      kind: row.kind,
      object: row.object,
      ...(row.column === null ? {} : { column: row.column }),
      ...(row.grantable === true ? { grantable: true } : {}),
    },
  ];
}
