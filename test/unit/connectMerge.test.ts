import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parse, visit } from "jsonc-parser";
import { JsoncDocument } from "#connect/jsoncDocument.ts";
import { hashOf, mergeEntries, nothingWritten, type Written } from "#connect/mergeEntries.ts";
import type { ClientFile } from "#model/client/entries.ts";
import { Fault } from "#model/fault.ts";

const wanted: ClientFile = {
  under: "mcp",
  entries: { postgres: { type: "local", command: ["node", "main.mjs"] } },
  permission: { "postgres_*": "ask", postgres_get_tables: "allow" },
};
const merge = (text: string, file = wanted, before: Written = nothingWritten, force = false) =>
  mergeEntries(text, file, { file: "kilo.jsonc", before, force });
const entry =
  '"postgres": {\n      "type": "local",\n      "command": [\n        "node",\n        "main.mjs"\n      ]\n    }';

function fault(text: string, code: string, where: RegExp, problem: RegExp): void {
  assert.throws(
    () => merge(text),
    (error: Fault) => {
      assert.equal(error.code, code);
      assert.match(error.where!, where);
      assert.match(error.problem, problem);
      return true;
    },
  );
}

describe("merging entries into a client's file", () => {
  it("makes a file where there is none, or an empty one", () => {
    for (const text of ["", " \n"]) {
      const { text: made } = merge(text);
      assert.deepEqual(JSON.parse(made), { mcp: wanted.entries, permission: wanted.permission });
      assert.ok(made.endsWith("}\n"));
    }
  });

  it("keeps comments where they are, other servers, and trailing commas", () => {
    const text =
      '{\n  // servers\n  "mcp": {\n    "other": { "type": "remote" }, // mine\n  },\n  /* end */\n}\n';
    const { text: merged, changes } = merge(text, { under: "mcp", entries: wanted.entries });
    assert.equal(
      merged,
      `{\n  // servers\n  "mcp": {\n    "other": { "type": "remote" }, // mine\n    ${entry},\n  },\n  /* end */\n}\n`,
    );
    assert.deepEqual(changes, ["added mcp.postgres"]);
  });

  it("leaves the comment of the last entry with it, if a comma must go between", () => {
    const text = '{\n  "mcp": {\n    "other": 1 // no, this is not a, comma\n  }\n}';
    const { text: merged } = merge(text, { under: "mcp", entries: wanted.entries });
    assert.equal(merged, `{\n  "mcp": {\n    "other": 1, // no, this is not a, comma\n    ${entry}\n  }\n}`);
  });

  it("keeps line ends, indent, and the mark at the beginning", () => {
    const text = '\uFEFF{\r\n\t"mcp": {\r\n\t\t"other": 1\r\n\t}\r\n}\r\n';
    const { text: merged } = merge(text);
    assert.ok(
      merged.startsWith('\uFEFF{\r\n\t"mcp": {\r\n\t\t"other": 1,\r\n\t\t"postgres": {\r\n\t\t\t"type"'),
    );
    assert.doesNotMatch(merged, /[^\r]\n/);
  });

  it("changes nothing the second time, whatever the order of keys", () => {
    const once = merge('{"mcp":{"other":1}}');
    const twice = merge(once.text, wanted, once.written);
    assert.deepEqual([twice.text, twice.changes, twice.notes], [once.text, [], []]);
    const turned = '{"mcp":{"postgres":{"command":["node","main.mjs"],"type":"local"}}}';
    assert.equal(merge(turned, { under: "mcp", entries: wanted.entries }).text, turned);
  });

  it("replaces and removes its own entries, nobody else's", () => {
    const first = merge('{ "mcp": { "other": 1 } }', {
      under: "mcp",
      entries: { postgres: { a: 1 }, memory: { b: 1 } },
    });
    const second = merge(first.text, { under: "mcp", entries: { postgres: { a: 2 } } }, first.written);
    assert.deepEqual(parse(second.text), { mcp: { other: 1, postgres: { a: 2 } } });
    assert.deepEqual(second.changes, ["updated mcp.postgres", "removed mcp.memory"]);
    const changed = second.text.replace('"a": 2', '"a": 3');
    assert.throws(
      () => merge(changed, wanted, second.written),
      /CONNECT_CHANGED.*mcp\.postgres.*changed since.*--force/s,
    );
    assert.throws(() => merge(changed), /CONNECT_CHANGED.*was not written by this stack.*--prefix/s);
    assert.deepEqual(parse(merge(changed, wanted, nothingWritten, true).text), {
      mcp: { other: 1, ...wanted.entries },
      permission: wanted.permission,
    });
    const gone = merge(changed, { under: "mcp", entries: {} }, second.written);
    assert.deepEqual(gone.changes, []);
  });

  it("removes its entries without the comments around them", () => {
    const first = merge('{\n  "mcp": {\n    "a": 1,\n  },\n}\n', { under: "mcp", entries: { x: [], y: [] } });
    assert.equal(first.text, '{\n  "mcp": {\n    "a": 1,\n    "x": [],\n    "y": [],\n  },\n}\n');
    const commented = first.text
      .replace('"y"', '// about y\n    "y"')
      .replace('"x": [],', '"x": [], // about x');
    const { text } = merge(commented, { under: "mcp", entries: {} }, first.written);
    assert.equal(text, '{\n  "mcp": {\n    "a": 1,\n     // about x\n    // about y\n  },\n}\n');
    const plain = merge(
      first.text.replaceAll(",\n  }", "\n  }"),
      { under: "mcp", entries: {} },
      first.written,
    );
    assert.equal(plain.text, '{\n  "mcp": {\n    "a": 1\n  },\n}\n');
  });

  it("asks for all tools of a server before it allows single ones, as the last rule counts", () => {
    const { text } = merge(
      '{ "permission": { "bash": "ask", "postgres_get_tables": "allow", "x": "deny" } }',
    );
    assert.deepEqual(new JsoncDocument(text, "").keys(["permission"]), [
      "bash",
      "postgres_*",
      "postgres_get_tables",
      "x",
    ]);
  });

  it("keeps the permissions that a user chose", () => {
    const denied = merge('{ "permission": { "postgres_*": "deny" } }');
    assert.deepEqual((parse(denied.text) as { permission: object }).permission, { "postgres_*": "deny" });
    assert.deepEqual(denied.notes, ["permission.postgres_* stays as you changed it"]);

    const one = merge('{ "permission": { "postgres_get_tables": "deny" } }');
    assert.equal(
      (parse(one.text) as { permission: Record<string, string> }).permission["postgres_get_tables"],
      "deny",
    );

    const everything = merge('{ "permission": "allow" }');
    assert.equal((parse(everything.text) as { permission: string }).permission, "allow");
    assert.match(everything.notes[0]!, /"allow" for everything/);

    const first = merge("");
    const removed = first.text.replace(/,\s*"postgres_get_tables": "allow"/, "");
    const again = merge(removed, wanted, first.written);
    assert.deepEqual(
      [again.text, again.notes],
      [removed, ["permission.postgres_get_tables stays as you changed it"]],
    );
  });

  it("takes back a permission that the stack no longer gives", () => {
    const first = merge("");
    const less: ClientFile = { ...wanted, permission: { "postgres_*": "ask" } };
    const { text, changes } = merge(first.text, less, first.written);
    assert.deepEqual(parse(text), { mcp: wanted.entries, permission: less.permission });
    assert.deepEqual(changes, ["removed permission.postgres_get_tables"]);
  });

  it("refuses what it cannot read, with line and column", () => {
    fault(
      '{\n  "mcp": {\n    "a" 1\n  }\n}',
      "CONNECT_FILE",
      /^kilo\.jsonc, line 3, column 9$/,
      /colon expected/,
    );
    fault('{ "mcp": {', "CONNECT_FILE", /line 1, column 11/, /close brace expected/);
    fault("[1]", "CONNECT_FILE", /line 1, column 1/, /must hold an object/);
    fault("<<<<<<< HEAD", "CONNECT_FILE", /line 1/, /invalid symbol|value expected/);
    fault('{"mcp": {},\n "mcp": {}}', "CONNECT_FILE", /line 2, column 2/, /`mcp` occurs twice/);
    fault('{"mcp": 1}', "CONNECT_FILE", /mcp/, /must be an object/);
    fault('{"mcp": []}', "CONNECT_FILE", /mcp/, /must be an object/);
    fault('{"mcp": {}, "permission": null}', "CONNECT_FILE", /permission/, /must be an object/);
  });

  it("keeps everything else of any file, comments included, and adds exactly what is wanted", () => {
    fc.assert(
      fc.property(jsonc, space, ([inner, value], around) => {
        const text = `${around}{${around}"other":${inner}${around}}${around}`;
        const merged = merge(text).text;
        const whole = { other: value, mcp: wanted.entries, permission: wanted.permission };
        assert.equal(hashOf(parse(merged, [], { allowTrailingComma: true })), hashOf(whole));
        assert.ok(merged.startsWith(`${around}{${around}"other":${inner}`));
        assert.deepEqual(comments(merged), comments(text));
        const { written } = merge(text);
        const emptied = merge(merged, { under: "mcp", entries: {} }, written).text;
        assert.equal(
          hashOf(parse(emptied, [], { allowTrailingComma: true })),
          hashOf({ other: value, mcp: {}, permission: {} }),
        );
        assert.deepEqual(comments(emptied), comments(text));
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

/** A text and the value that it stands for. */
type Sample = readonly [text: string, value: unknown];

const space = fc.constantFrom("", " ", "\n  ", "\n\t", " // a, b } \n", " /* { , */ ", "\r\n");
const key = fc.string({ maxLength: 5 }).filter((text) => text !== "__proto__");
const scalar = fc
  .oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
  .map((value): Sample => [JSON.stringify(value), value]);
const objectOf = (values: fc.Arbitrary<Sample>) =>
  fc
    .tuple(
      fc.uniqueArray(fc.tuple(key, values), { maxLength: 4, selector: ([name]) => name }),
      space,
      fc.boolean(),
    )
    .map(([entries, between, comma]): Sample => {
      const texts = entries.map(
        ([name, [text]]) => `${between}${JSON.stringify(name)}${between}:${text}${between}`,
      );
      const value = Object.fromEntries(entries.map(([name, [, inner]]) => [name, inner]));
      return [`{${texts.join(",")}${comma && texts.length > 0 ? "," : ""}${between}}`, value];
    });
const jsonc = fc.oneof(scalar, objectOf(fc.oneof(scalar, objectOf(scalar))));

function comments(text: string): string[] {
  const found: string[] = [];
  const onComment = (offset: number, length: number) => void found.push(text.slice(offset, offset + length));
  visit(text, { onComment }, { allowTrailingComma: true });
  return found;
}
