import { roles } from "../names.ts";
import { textArray } from "./fact.ts";
import type { Fact } from "./fact.ts";

/**
 * What runs callers' SQL. PostgreSQL's own messages quote what they were given (`invalid input syntax for type
 * integer: "…"`), and so do its plans of slow queries: contents of callers, which belong in no log.
 */
const groups = textArray([roles.reader, roles.writer]);
const settings = { log_min_messages: "log", "auto_explain.log_min_duration": "-1" } as const;

const logins = `SELECT m.member FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                 WHERE g.rolname = ANY (${groups})`;
const set = Object.entries(settings).map(([name, value]) => `${name}=${value}`);

/** Only a superuser may set or change these, so a caller's SQL cannot take them back. */
export function quietLoginsFact(): Fact {
  return {
    line: `members of ${roles.reader}, ${roles.writer}: ${set.join(", ")}`,
    holds: `(SELECT coalesce(bool_and(coalesce(rolconfig, '{}') @> ${textArray(set)}), true)
               FROM pg_roles WHERE oid IN (${logins}))`,
    apply: [
      `DO $baseline$ DECLARE login regrole; BEGIN
         FOR login IN ${logins} LOOP
           ${Object.entries(settings)
             .map(([name, value]) => `EXECUTE format('ALTER ROLE %s SET ${name} = ''${value}''', login);`)
             .join("\n           ")}
         END LOOP;
       END $baseline$`,
    ],
  };
}
