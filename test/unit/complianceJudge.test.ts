import assert from "node:assert/strict";
import type { Expectation } from "#model/compliance/expectation.ts";
import { judge } from "#servers/compliance/checks/judge.ts";

const now = Date.parse("2026-06-01T00:00:00Z");

/** `+` holds, `-` does not, `?` cannot be judged. */
function mark(value: unknown, expect: Expectation): string {
  const verdict = judge(value, expect, now);
  return "unjudged" in verdict ? "?" : verdict.holds ? "+" : "-";
}

describe("what a rule expects of a value", () => {
  const cases: [expect: Expectation, values: unknown[], marks: string][] = [
    [{ operator: "equals", value: "on" }, ["on", "off", undefined, null], "+-?-"],
    [{ operator: "equals", value: 100 }, [100, "100", 101, "1e2"], "++--"],
    [{ operator: "equals", value: true }, [true, "true", false, 1], "++--"],
    [{ operator: "differs", value: "off" }, ["on", "off", undefined], "+-?"],
    [{ operator: "one-of", value: ["a", 2] }, ["a", 2, "2", "b", null], "+++--"],
    [
      { operator: "at-least", value: 2 },
      [2, "3", 1, "-1", null, "x", undefined, [], Number.NaN],
      "++---???-",
    ],
    [{ operator: "at-most", value: 2 }, [2, "1.5", 3, null, {}], "++--?"],
    [{ operator: "contains", value: ["%u", "%d"] }, ["%u %d", "%u", ["%u", "%d"], 7, undefined], "+-+??"],
    [{ operator: "excludes", value: ["token"] }, [["PATH"], ["MY_TOKEN"], "token", [], [7]], "+--+?"],
    [{ operator: "within", value: ["/tmp", "/a/b"] }, [["/tmp/x", "/a/b"], ["/tmpx"], [], "/tmp"], "+-+?"],
    [
      { operator: "days-ahead", value: 10 },
      ["2026-06-11T00:00:00Z", "2026-06-10T00:00:00Z", "soon", null],
      "+-??",
    ],
    [
      { operator: "days-past", value: 10 },
      ["2026-05-22T00:00:00Z", "2026-05-21T00:00:00Z", undefined],
      "+-?",
    ],
  ];
  for (const [expect, values, marks] of cases) {
    it(`${expect.operator} ${JSON.stringify(expect.value)}`, () => {
      assert.equal(values.map((value) => mark(value, expect)).join(""), marks);
    });
  }

  it("modes-within looks at every file, below a folder where one is named, and never at none", () => {
    const file = (path: string, mode: string) => ({ path, mode, uid: 1 });
    const expect: Expectation = {
      operator: "modes-within",
      value: "0400",
      below: "/s",
      except: ["/s/public"],
    };
    assert.equal(mark([file("/s/a", "0400"), file("/other", "0666")], expect), "+");
    assert.equal(mark([file("/s/a", "0440")], expect), "-");
    assert.equal(mark([file("/s/a", "0777")], expect), "-");
    assert.equal(mark([file("/s/a", "0400"), file("/s/public", "0644")], expect), "+");
    assert.equal(mark([file("/sx/a", "0400")], expect), "?");
    assert.equal(mark([], expect), "?");
    assert.equal(mark([{ path: "/s/a", mode: 400 }], expect), "?");
    assert.equal(mark("x", expect), "?");
  });
});
