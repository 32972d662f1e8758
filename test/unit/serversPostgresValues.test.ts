import assert from "node:assert/strict";
import { DatabaseError } from "pg";
import { toToolError } from "#servers/postgres/databaseErrors.ts";
import { parameterText } from "#servers/postgres/parameterText.ts";
import { uniqueNames } from "#servers/postgres/tools/resultSet.ts";
import { builtinTypeName, jsonValue } from "#servers/postgres/valueTypes.ts";

describe("a value of PostgreSQL as JSON", () => {
  const cases: [string, number, string | null, unknown][] = [
    ["null", 23, null, null],
    ["integer", 23, "-7", -7],
    ["bigint beyond a double", 20, "9007199254740993", "9007199254740993"],
    ["numeric", 1700, "0.10", "0.10"],
    ["double", 701, "0.1", 0.1],
    ["NaN", 701, "NaN", "NaN"],
    ["infinity", 700, "-Infinity", "-Infinity"],
    ["boolean", 16, "f", false],
    ["text that looks like a number", 25, "1", "1"],
    ["jsonb", 3802, '{"a": [1, null]}', { a: [1, null] }],
    ["bytea", 17, String.raw`\x00ff`, "AP8="],
    ["timestamp with zone", 1184, "2026-11-23 02:48:28.605658+00", "2026-11-23T02:48:28.605658Z"],
    ["timestamp", 1114, "2026-11-23 02:48:28", "2026-11-23T02:48:28"],
    ["a time before Christ", 1184, "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC"],
    ["infinite time", 1184, "infinity", "infinity"],
    ["date", 1082, "2026-11-23", "2026-11-23"],
    ["array of integers", 1007, "{1,NULL,3}", [1, null, 3]],
    [
      "nested array of bigint",
      1016,
      "{{1,2},{3,4}}",
      [
        ["1", "2"],
        ["3", "4"],
      ],
    ],
    ["array of text", 1009, '{"a,b","\\"",NULL,"NULL"}', ["a,b", '"', null, "NULL"]],
    ["array of jsonb", 3807, String.raw`{"{\"a\": 1}"}`, [{ a: 1 }]],
    ["a type of an extension", 16_500, "[1,2,3]", "[1,2,3]"],
  ];
  for (const [name, type, text, expected] of cases) {
    it(name, () => assert.deepEqual(jsonValue(type, text), expected));
  }

  it("has the name of its type where that is the same in every database", () => {
    assert.equal(builtinTypeName(20), "bigint");
    assert.equal(builtinTypeName(1009), "text[]");
    assert.equal(builtinTypeName(16_500), undefined);
  });
});

describe("a parameter", () => {
  const cases: [unknown, string | null][] = [
    [null, null],
    ["it's", "it's"],
    [1.5, "1.5"],
    [true, "true"],
    [{ a: 1 }, '{"a":1}'],
    [[1, null, 'a"b\\c'], String.raw`{"1",NULL,"a\"b\\c"}`],
    [[[1], [2]], '{{"1"},{"2"}}'],
    [[{ a: "x" }], String.raw`{"{\"a\":\"x\"}"}`],
    [[], "{}"],
  ];
  for (const [value, text] of cases) {
    it(`${JSON.stringify(value)} is sent as ${String(text)}`, () => assert.equal(parameterText(value), text));
  }
});

describe("column names", () => {
  it("become unique without taking one that is there", () => {
    assert.deepEqual(uniqueNames(["a", "a", "a_2", "a", "__proto__"]), [
      "a",
      "a_3",
      "a_2",
      "a_4",
      "__proto__",
    ]);
  });
});

describe("a failure of the database", () => {
  function databaseError(code: string, more: Partial<DatabaseError> = {}): DatabaseError {
    return Object.assign(new DatabaseError("the message", 0, "error"), { code, ...more });
  }

  it("is told with SQLSTATE, position and hint, and nothing else", () => {
    const told = toToolError(
      databaseError("42P01", {
        hint: "a hint",
        position: "15",
        detail: "d",
        where: "w",
        file: "f",
        routine: "r",
      }),
    );
    assert.equal(told.message, "the message (SQLSTATE 42P01)\nPosition: 15\nHint: a hint");
    assert.equal(told.code, "42P01");
  });

  it("gets a hint of ours where PostgreSQL gives none", () => {
    assert.match(toToolError(databaseError("42601")).message, /exactly one statement/);
  });

  for (const code of ["28P01", "57P01", "53300", "08006", "3D000", "28000"]) {
    it(`is not told when it is about the server's own login (${code})`, () => {
      const told = toToolError(databaseError(code));
      assert.equal(told.message, "The database does not answer now. Try again in a few seconds.");
      assert.equal(told.code, code);
    });
  }

  it("is not told when it is none of PostgreSQL's", () => {
    const told = toToolError(
      Object.assign(new Error("connect ECONNREFUSED 10.0.0.1"), { code: "ECONNREFUSED" }),
    );
    assert.doesNotMatch(told.message, /10\.0/);
  });
});
