import assert from "node:assert/strict";
import { tryFiles } from "#model/files/build.ts";
import { fileLeaves } from "#model/files/leaves.ts";
import { placeText, type Place } from "#model/files/place.ts";
import { ruleFaults } from "#model/files/rules/faults.ts";
import { judge } from "#model/files/rules/judge.ts";
import type { Look } from "#model/files/rules/rule.ts";
import { rules } from "#model/files/rules/table.ts";
import { testDeployment } from "#test/fileDeployment.ts";
import { testFacts } from "#test/fileFacts.ts";
import type { RuleCase } from "./ruleCase.ts";
import { reachCases } from "./ruleCasesReach.ts";
import { alert, useCases } from "./ruleCasesUse.ts";

const cases = [...reachCases, ...useCases];

function look({ overrides, edit, facts: changed, deployment }: Partial<RuleCase>): Look {
  const facts = testFacts(changed);
  const values = structuredClone(tryFiles(facts, overrides).values);
  edit?.(values);
  return { values, facts, deployment: testDeployment(deployment) };
}

describe("a rule across files", () => {
  it("is broken by nothing that the settings lead to by themselves", () => {
    assert.deepEqual(judge(look({})), []);
  });

  it("reads places that exist", () => {
    const all = (file: Place["file"]) => fileLeaves(file).map(({ parts }) => `${parts.join("/")}/`);
    const missing = rules
      .flatMap(({ reads }) => reads)
      .filter(({ file, parts }) => !all(file).some((leaf) => leaf.startsWith(`${parts.join("/")}/`)));
    assert.deepEqual(missing.map(placeText), []);
  });

  it("has an id of its own and a case below that breaks it", () => {
    const ids = rules.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual([...new Set(cases.map(({ rule }) => rule))].toSorted(), ids.toSorted());
  });

  for (const given of cases) {
    it(`${given.rule} is broken, and no other: ${given.because}`, () => {
      const breaches = judge(look(given));
      assert.deepEqual([...new Set(breaches.map(({ rule }) => rule.id))], [given.rule]);
      assert.ok(
        breaches.some(({ places, setting }) => (places[0] ? placeText(places[0]) : setting) === given.at),
        JSON.stringify(breaches.map(({ places, problem }) => [places.map(placeText), problem])),
      );
    });
  }

  it("names the stack key that mends it, through whatever derives the file's key", () => {
    const wrong = look({ edit: ({ env }) => (env.METRICS_RETENTION_DAYS = 7) });
    const [fault] = ruleFaults(wrong).filter(({ rule }) => rule === "retention");
    assert.equal(fault?.where, "postgres.retention.systemMetrics");
    const [listItem] = ruleFaults(
      look({ overrides: { metrics: { metrics: { alerting: { rules: [alert] } } } } }),
    );
    assert.equal(listItem?.where, "files.metrics.metrics.alerting.rules[0].condition");
    assert.match(listItem.problem, /alert-metrics at metrics\.json \/metrics\/alerting\/rules\/0\/condition/);
  });
});
