import assert from "node:assert/strict";
import * as fc from "fast-check";
import { difference, observedLines, parseLines } from "#model/access/difference.ts";
import { formatLines, objectKinds, parseLine, privilegeKey } from "#model/access/privilege.ts";
import type { Privilege } from "#model/access/privilege.ts";
import { grantStatements, objectId, revokeStatements } from "#model/access/statements.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);

const privilege: fc.Arbitrary<Privilege> = fc
  .record({
    verb: fc.constantFrom("SELECT", "INSERT", "UPDATE", "USAGE", "EXECUTE"),
    kind: fc.constantFrom(...objectKinds),
    object: name,
    column: fc.option(name, { nil: undefined }),
    grantable: fc.boolean(),
  })
  .map(({ column, grantable, ...rest }) => ({
    grantee: "somebody",
    ...rest,
    object: rest.kind === "function" ? `${rest.object}(text, timestamp with time zone)` : rest.object,
    ...(column !== undefined && rest.kind === "table" ? { column } : {}),
    ...(grantable ? { grantable } : {}),
  }));

const keysOf = (privileges: readonly Privilege[]) => [...new Set(privileges.map(privilegeKey))].toSorted();

describe("grants as lines", () => {
  it("reads verbs, columns and kinds of object", () => {
    assert.deepEqual(parseLine("g", "SELECT, UPDATE(a, b) on users"), [
      { grantee: "g", kind: "table", object: "users", verb: "SELECT" },
      { grantee: "g", kind: "table", object: "users", verb: "UPDATE", column: "a" },
      { grantee: "g", kind: "table", object: "users", verb: "UPDATE", column: "b" },
    ]);
    assert.deepEqual(parseLine("g", "EXECUTE on function f(text, jsonb)"), [
      { grantee: "g", kind: "function", object: "f(text, jsonb)", verb: "EXECUTE" },
    ]);
  });

  it("refuses what is no grant", () => {
    for (const line of [
      "",
      "SELECT",
      "select on users",
      "SELECT users",
      "SELECT() on users",
      "SELECT(a on users",
    ]) {
      assert.throws(() => parseLine("g", line), TypeError, line);
    }
  });

  it("says in lines exactly what it was given", () => {
    fc.assert(
      fc.property(fc.array(privilege), (privileges) => {
        const read = formatLines(privileges).flatMap((line) => parseLine("somebody", line));
        assert.deepEqual(keysOf(read), keysOf(privileges));
      }),
    );
  });
});

describe("difference of grants", () => {
  const lines = { reader: ["SELECT(id, name) on users", "SELECT on metrics"], writer: ["INSERT on metrics"] };

  it("is empty, and the lines as written, when the catalog agrees in any order", () => {
    const actual = parseLines(lines).toReversed();
    assert.deepEqual(difference(parseLines(lines), actual), { missing: [], surplus: [] });
    assert.deepEqual(observedLines(lines, actual), lines);
  });

  it("shows only what differs, with roles nobody asked for", () => {
    const actual = parseLines({
      reader: ["SELECT(id, secret) on users", "SELECT on metrics"],
      PUBLIC: ["EXECUTE on function f()"],
    });
    assert.deepEqual(observedLines(lines, actual), {
      reader: ["SELECT(id, secret) on users", "SELECT on metrics"],
      writer: [],
      PUBLIC: ["EXECUTE on function f()"],
    });
  });

  it("applied, leads from any state to any other", () => {
    fc.assert(
      fc.property(fc.array(privilege), fc.array(privilege), (wanted, actual) => {
        const { missing, surplus } = difference(wanted, actual);
        const gone = new Set(surplus.map(privilegeKey));
        const after = [...actual.filter((one) => !gone.has(privilegeKey(one))), ...missing];
        assert.deepEqual(keysOf(after), keysOf(wanted));
      }),
    );
  });
});

describe("grants as statements", () => {
  const names = new Map([
    ["table users", "TABLE mcp.users"],
    ["function f(text)", "ROUTINE mcp.f(text)"],
  ]);

  it("makes one statement per role and object, with quoted columns and roles", () => {
    const privileges = [
      ...parseLine('odd"role', "SELECT(timestamp, id), INSERT on users"),
      ...parseLine("PUBLIC", "EXECUTE on function f(text)"),
    ];
    assert.deepEqual(grantStatements(privileges, names), [
      'GRANT SELECT ("timestamp"), SELECT ("id"), INSERT ON TABLE mcp.users TO "odd""role"',
      "GRANT EXECUTE ON ROUTINE mcp.f(text) TO PUBLIC",
    ]);
    assert.deepEqual(revokeStatements(privileges.slice(-1), names), [
      "REVOKE EXECUTE ON ROUTINE mcp.f(text) FROM PUBLIC CASCADE",
    ]);
  });

  it("refuses an object that does not exist", () => {
    const unknown = parseLine("g", "SELECT on ghosts");
    assert.equal(objectId(unknown[0]!), "table ghosts");
    assert.throws(() => grantStatements(unknown, names), /table ghosts/);
  });
});
