import { roles } from "../names.ts";
import { textArray } from "./fact.ts";
import type { Fact } from "./fact.ts";

const { owner, migrator, provisioner, service, reader, writer, memory, compliance, fixer, application } =
  roles;

/** Roles that own or hold privileges; nobody logs in as one. */
const groups = [owner, provisioner, service, reader, writer, memory, compliance, fixer, application];

const attributes = ["SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS"];
const anyAttribute = "(rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)";
const noAttribute = attributes.map((attribute) => `NO${attribute}`).join(" ");

/**
 * The matrix says what groups may do; these say that nobody has more. Logins and memberships are made
 * elsewhere, what was given to them by hand is taken back here.
 */
export function membershipFacts(): Fact[] {
  return [
    groupFact(),
    revokedMemberships(
      `${groups.join(", ")}: members of no role`,
      `m.member IN (SELECT oid FROM pg_roles WHERE rolname = ANY (${textArray(groups)}))`,
    ),
    revokedMemberships(
      `${owner}: only ${migrator} is a member`,
      `m.roleid = '${owner}'::regrole AND m.member <> '${migrator}'::regrole`,
    ),
    ...[reader, writer].flatMap((group) => [
      revokedMemberships(
        `members of ${group}: of no other role`,
        `m.member IN (${membersOf(group)}) AND m.roleid <> '${group}'::regrole`,
      ),
      memberAttributesFact(group),
    ]),
  ];
}

/** Logins that run callers' SQL are in one of two groups. */
function membersOf(group: string): string {
  return `SELECT member FROM pg_auth_members WHERE roleid = '${group}'::regrole`;
}

function groupFact(): Fact {
  return {
    line: `${groups.join(", ")}: no login and no attribute`,
    holds: `(SELECT count(*) = ${groups.length} AND NOT bool_or(rolcanlogin OR ${anyAttribute})
               FROM pg_roles WHERE rolname = ANY (${textArray(groups)}))`,
    apply: groups.map((group) => `ALTER ROLE ${group} NOLOGIN ${noAttribute}`),
  };
}

function memberAttributesFact(group: string): Fact {
  return {
    line: `members of ${group}: no attribute`,
    holds: `(SELECT NOT EXISTS (SELECT FROM pg_roles WHERE oid IN (${membersOf(group)}) AND ${anyAttribute}))`,
    apply: [
      `DO $baseline$ DECLARE login regrole; BEGIN
         FOR login IN ${membersOf(group)} LOOP EXECUTE format('ALTER ROLE %s ${noAttribute}', login); END LOOP;
       END $baseline$`,
    ],
  };
}

/** `condition` picks what must not be among the memberships `m`. */
function revokedMemberships(line: string, condition: string): Fact {
  return {
    line,
    holds: `(SELECT NOT EXISTS (SELECT FROM pg_auth_members m WHERE ${condition}))`,
    apply: [
      `DO $baseline$ DECLARE found record; BEGIN
         FOR found IN SELECT m.roleid::regrole AS role, m.member::regrole AS member, m.grantor::regrole AS grantor
                        FROM pg_auth_members m WHERE ${condition}
         LOOP EXECUTE format('REVOKE %s FROM %s GRANTED BY %s CASCADE', found.role, found.member, found.grantor); END LOOP;
       END $baseline$`,
    ],
  };
}
