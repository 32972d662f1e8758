import assert from "node:assert/strict";
import * as fc from "fast-check";
import { readJson } from "#model/files/validateJson.ts";

function faultsOf(text: string): string[] {
  return readJson(text).faults.map(({ rule, spot, parts }) =>
    `${rule} ${String(spot.line)}:${String(spot.column)} ${parts.join("/")}`.trim(),
  );
}

/** What JSON.parse makes of a text; undefined if it refuses. */
function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

describe("a JSON file", () => {
  const cases: [what: string, text: string, faults: string[]][] = [
    ["of 0 bytes", "", ["file-empty 1:1"]],
    ["of spaces", " \n\t\n", ["file-empty 1:1"]],
    ["with a byte order mark", "\uFEFF{}", ["json-syntax 1:1"]],
    ["with a trailing comma in an object", '{\n  "a": 1,\n}', ["json-syntax 3:1"]],
    ["with a trailing comma in a list", "[1,]", ["json-syntax 1:4"]],
    ["with a comment behind a value", '{\n  "a": 1 // one\n}', ["json-syntax 2:10"]],
    ["with a comment of several lines", '{ /* so\n so */ "a": 1 }', ["json-syntax 1:3"]],
    [
      "with several harmless mistakes",
      '{\n  // one\n  "a": [1,],\n}',
      ["json-syntax 2:3", "json-syntax 3:11", "json-syntax 4:1"],
    ],
    ["that ends early", '{\n  "a": [1', ["json-syntax 2:10"]],
    ["with a name without quotes", "{a: 1}", ["json-syntax 1:2"]],
    ["with single quotes", "{'a': 1}", ["json-syntax 1:2"]],
    ["without a comma", '{"a": 1 "b": 2}', ["json-syntax 1:9"]],
    ["with a number of another kind", '{"a": 0x10}', ["json-syntax 1:8"]],
    ["with something behind its end", '{"a": 1}\nmore', ["json-syntax 2:1"]],
    ["with a line break in a text", '{"a": "one\ntwo"}', ["json-syntax 1:7"]],
    ["with a key twice", '{\n  "a": 1,\n  "b": 2,\n  "a": 3\n}', ["json-duplicate-key 4:3 a"]],
    ["with a key twice further in", '{"x": [{"a": 1, "a": 1}]}', ["json-duplicate-key 1:17 x/0/a"]],
    ["with a key twice, once escaped", String.raw`{"a": 1, "\u0061": 2}`, ["json-duplicate-key 1:10 a"]],
    ["with __proto__ as a key", '{"__proto__": 1}', []],
    ["nested very deeply", "[".repeat(200_000), ["json-syntax 1:1"]],
  ];
  for (const [what, text, expected] of cases) {
    it(`${what} is ${expected.length === 0 ? "read" : "refused"}`, () => {
      assert.deepEqual(faultsOf(text), expected);
    });
  }

  it("has a value in spite of comments and trailing commas, of keys that stand twice the last", () => {
    assert.deepEqual(readJson('{"a": [1,], /* */ "b": 2, "b": 3,}').value, { a: [1], b: 3 });
  });

  it("keeps keys that objects have by nature apart", () => {
    const { value } = readJson('{"__proto__": {"a": 1}, "constructor": 2}');
    assert.deepEqual(Object.keys(value as object), ["__proto__", "constructor"]);
  });

  it("says where each key stands, and of a missing one where it would be", () => {
    const { spot } = readJson('{\n  "a": {\n    "b": [\n      1,\n      2\n    ]\n  }\n}');
    assert.deepEqual(spot(["a", "b"]), { line: 3, column: 5 });
    assert.deepEqual(spot(["a", "b", "1"]), { line: 5, column: 7 });
    assert.deepEqual(spot(["a", "c", "d"]), { line: 2, column: 3 });
    assert.deepEqual(spot(["e"]), { line: 1, column: 1 });
  });

  it("has the value that JSON.parse gives, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value, null, 2);
        const read = readJson(text);
        assert.deepEqual([read.faults, read.value], [[], JSON.parse(text)]);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("is refused whenever JSON.parse refuses it, and only then", () => {
    const valid = fc.json({ maxDepth: 3 });
    const broken = fc
      .tuple(
        valid,
        fc.nat(),
        fc.constantFrom("", ",", "}", '"', "\\", "//", "\u0000", "e", "-", "\n", "[", ":"),
      )
      .map(([text, at, more]) => {
        const index = text.length === 0 ? 0 : at % text.length;
        return text.slice(0, index) + more + text.slice(index + (more === "" ? 1 : 0));
      });
    fc.assert(
      fc.property(broken, (text) => {
        const faults = readJson(text).faults.filter(({ rule }) => rule !== "json-duplicate-key");
        assert.equal(faults.length === 0, parsed(text) !== undefined, text);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
