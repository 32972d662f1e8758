import assert from "node:assert/strict";
import { baselineFacts } from "#model/access/baseline.ts";
import { expectedPrivileges, grantLines } from "#model/access/matrix.ts";
import { formatLines, parseLine, privilegeKey } from "#model/access/privilege.ts";
import { systemFunctions } from "#model/access/system.ts";
import { roles } from "#model/names.ts";

const privileges = expectedPrivileges();
const of = (group: string) => privileges.filter(({ grantee }) => grantee === group);

describe("access matrix", () => {
  it("is written as PostgreSQL's answer is read, so that a refresh shows no difference", () => {
    for (const [group, lines] of Object.entries(grantLines())) {
      for (const line of lines) assert.deepEqual(formatLines(parseLine(group, line)), [line]);
    }
  });

  it("names every privilege once, and none for PUBLIC or a login", () => {
    const keys = privileges.map(privilegeKey);
    assert.equal(new Set(keys).size, keys.length);
    const { superuser: _superuser, owner: _owner, migrator: _migrator, ...groupsOnly } = roles;
    const groups = Object.values(groupsOnly);
    assert.deepEqual(Object.keys(grantLines()).toSorted(), groups.toSorted());
  });

  it("lets the reader read, without a function and without hashes", () => {
    for (const { kind, verb, object, column } of of(roles.reader)) {
      assert.ok(
        kind === "schema" ? verb === "USAGE" : kind === "table" && verb === "SELECT",
        `${verb} ${object}`,
      );
      if (object === "users" || object === "api_keys")
        assert.ok(column !== undefined, `all columns of ${object}`);
      assert.doesNotMatch(column ?? "", /hash/);
    }
  });

  it("lets the writer make and drop tables of the workspace, and nothing of this schema", () => {
    const lines = of(roles.writer).map(({ verb, object }) => `${verb} ${object}`);
    assert.deepEqual(lines, [
      "USAGE mcp",
      "EXECUTE create_workspace_table(text, jsonb, text)",
      "EXECUTE drop_workspace_table(text)",
    ]);
  });

  it("lets a server act only through functions", () => {
    const direct = of(roles.service).filter(({ kind }) => kind !== "function" && kind !== "schema");
    assert.deepEqual(direct, []);
  });

  it("lets provisioning write accounts, keys, configuration files and what was deployed, and nothing else", () => {
    const written = of(roles.provisioner).filter(({ verb }) => ["INSERT", "UPDATE", "DELETE"].includes(verb));
    const tables = new Set(written.map(({ object }) => object));
    assert.deepEqual([...tables].toSorted(), [
      "api_keys",
      "configuration_files",
      "deployment_facts",
      "users",
    ]);
  });

  it("lets nobody change or remove audit rows, truncate, or make triggers and references", () => {
    const audit = privileges.filter(({ object, verb }) => object === "audit_logs" && verb !== "SELECT");
    assert.deepEqual([...new Set(audit.map(({ verb }) => verb))], ["INSERT"]);
    const usual = new Set(["SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE", "USAGE"]);
    assert.deepEqual(
      privileges.filter(({ verb }) => !usual.has(verb)),
      [],
    );
  });
});

describe("what the superuser takes from PUBLIC", () => {
  it("never leaves a function with effects to a group that runs callers' SQL or serves them", () => {
    const kept = systemFunctions.flatMap(({ keep }) => keep);
    const serving: readonly string[] = [roles.reader, roles.writer, roles.service];
    assert.ok(!kept.some((role) => serving.includes(role)));
  });

  it("names a function once, and a fact once", () => {
    const names = systemFunctions.flatMap(({ names: own }) => own);
    assert.equal(new Set(names).size, names.length);
    const lines = baselineFacts().map(({ line }) => line);
    assert.equal(new Set(lines).size, lines.length);
  });
});
