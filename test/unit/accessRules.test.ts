import assert from "node:assert/strict";
import * as fc from "fast-check";
import { buildFiles } from "#model/files/build.ts";
import { withinHours } from "#servers/runtime/access/hours.ts";
import { refusedPermission } from "#servers/runtime/access/permissions.ts";
import { ruleAgainst } from "#servers/runtime/access/rules.ts";
import type { Permission } from "#servers/runtime/tool.ts";
import { testFacts } from "#test/fileFacts.ts";

describe("hours", () => {
  const at = (text: string) => new Date(text);

  it("begin with their first minute and end before their last", () => {
    const office = ["09:00-17:00"];
    for (const [time, inside] of [
      ["08:59:59.999", false],
      ["09:00:00", true],
      ["16:59:59.999", true],
      ["17:00:00", false],
    ] as const) {
      assert.equal(withinHours(office, "UTC", at(`2026-03-01T${time}Z`)), inside, time);
    }
  });

  it("are those of the zone", () => {
    assert.ok(withinHours(["09:00-17:00"], "Asia/Tokyo", at("2026-03-01T00:00:00Z")));
    assert.ok(!withinHours(["09:00-17:00"], "America/New_York", at("2026-03-01T12:00:00Z")));
    assert.ok(withinHours(["05:45-05:46"], "Asia/Kathmandu", at("2026-03-01T00:00:30Z")));
  });

  it("follow the change of clocks", () => {
    const nine = (day: string) => withinHours(["09:00-17:00"], "Europe/Berlin", at(`${day}T07:30:00Z`));
    assert.equal(nine("2026-03-28"), false);
    assert.equal(nine("2026-03-29"), true);
    // Half past two comes twice in that night, and both are half past two.
    for (const hour of ["00", "01"]) {
      assert.ok(withinHours(["02:00-03:00"], "Europe/Berlin", at(`2026-10-25T${hour}:30:00Z`)));
    }
    // And not at all in this one.
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      const moment = new Date(Date.parse("2026-03-28T23:00:00Z") + minute * 60_000);
      assert.ok(!withinHours(["02:00-03:00"], "Europe/Berlin", moment));
    }
  });

  it("may cross midnight, and a whole day has no gap", () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    const text = (value: number) =>
      `${String(Math.floor(value / 60)).padStart(2, "0")}:${String(value % 60).padStart(2, "0")}`;
    fc.assert(
      fc.property(minute, minute, minute, (from, to, now) => {
        fc.pre(from !== to);
        const moment = new Date(Date.UTC(2026, 0, 5, 0, now));
        const one = withinHours([`${text(from)}-${text(to)}`], "UTC", moment);
        const rest = withinHours([`${text(to)}-${text(from)}`], "UTC", moment);
        assert.notEqual(one, rest, "a span and its complement cover each minute once");
        assert.ok(withinHours([`${text(from)}-${text(to)}`, `${text(to)}-${text(from)}`], "UTC", moment));
        assert.ok(withinHours(["00:00-24:00"], "UTC", moment));
      }),
    );
  });
});

type Rule = Parameters<typeof ruleAgainst>[0]["rules"][number];
const rule = (more: Partial<Rule>): Rule => ({
  resource: "memory",
  actions: ["write"],
  roles: [],
  conditions: { ip: [], time: [], timeZone: "UTC" },
  ...more,
});
const office = { ip: ["10.0.0.0/8"], time: ["09:00-17:00"], timeZone: "UTC" };
const here = {
  server: "memory",
  role: "user",
  address: "10.1.2.3",
  now: new Date("2026-03-02T12:00:00Z"),
};

describe("a rule", () => {
  const against = (rules: Rule[], changed: Partial<typeof here> = {}, action: Permission = "write") =>
    ruleAgainst({ enabled: true, rules }, action, { ...here, ...changed });

  it("limits its server, actions and roles, and nothing else", () => {
    const rules = [rule({ roles: ["user"], conditions: { ...office, ip: ["192.0.2.0/24"] } })];
    assert.equal(against(rules), "network");
    assert.equal(against(rules, { server: "postgres" }), undefined);
    assert.equal(against(rules, { role: "admin" }), undefined);
    assert.equal(against(rules, {}, "read"), undefined);
    assert.equal(ruleAgainst({ enabled: false, rules }, "write", here), undefined);
  });

  it("asks for network and hours", () => {
    const rules = [rule({ conditions: office })];
    assert.equal(against(rules), undefined);
    assert.equal(against(rules, { address: "192.0.2.1" }), "network");
    assert.equal(against(rules, { address: "unknown" }), "network");
    assert.equal(against(rules, { now: new Date("2026-03-02T20:00:00Z") }), "hours");
  });

  it("does not lift another one", () => {
    const rules = [rule({ conditions: office }), rule({ conditions: { ...office, ip: ["192.0.2.0/24"] } })];
    assert.equal(against(rules), "network");
    assert.equal(against(rules.toReversed()), "network");
  });
});

describe("what a caller may do", () => {
  const { access: file, memory: config } = buildFiles(testFacts());
  const { access } = file;
  const caller = { client: "c", role: "user", servers: ["memory"], keyId: "c.1" };
  const refused = (permission: Permission, more: object = {}, settings = access) =>
    refusedPermission(
      "memory",
      permission,
      { caller: { ...caller, ...more }, address: here.address },
      { access: settings, config },
      here.now,
    );

  it("follows from its role", () => {
    assert.equal(refused("execute"), undefined);
    assert.match(refused("write", { role: "readonly" })!, /readonly has no permission to write/);
    assert.equal(refused("execute", { role: "admin" }), undefined);
    assert.match(refused("read", { role: "unknown" })!, /no permission/);
  });

  it("is to read only, while the database is away", () => {
    assert.equal(refused("read", { stale: true }), undefined);
    assert.match(refused("write", { stale: true, role: "admin" })!, /database is away/);
  });

  it("obeys the rules", () => {
    const rules = [rule({ conditions: { ...office, ip: ["192.0.2.0/24"] } })];
    const settings = {
      ...access,
      authorization: { ...access.authorization, resourceBased: { enabled: true, rules } },
    };
    assert.match(refused("write", {}, settings)!, /may not write from 10\.1\.2\.3/);
    assert.equal(refused("read", {}, settings), undefined);
  });
});
