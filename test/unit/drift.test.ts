import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createColors } from "picocolors";
import { jsonDifferences, jsonPointer } from "#model/jsonDifference.ts";
import { differingPlaces } from "#model/textDifference.ts";
import { toolsPlaceOf } from "#toolchain/toolsPlace.ts";
import { leadingStack } from "#toolchain/arguments.ts";
import { driftJson, driftTable, findingsOf } from "#toolchain/driftReport.ts";

describe("differences of texts", () => {
  it("of JSON are found as deep as both sides are alike", () => {
    const at = (before: unknown, after: unknown) =>
      jsonDifferences(before, after).map(({ parts }) => jsonPointer(parts));
    assert.deepEqual(at({ a: { b: 1, "c/~d": 2 } }, { a: { b: 1, "c/~d": 3 } }), ["/a/c~1~0d"]);
    assert.deepEqual(at({ a: [1, 2], b: [1] }, { a: [1, 3], b: [1, 2] }), ["/a/1", "/b"]);
    assert.deepEqual(at({ a: 1 }, { b: 1 }), ["/a", "/b"]);
    assert.deepEqual(at({ a: {} }, { a: [] }), ["/a"]);
  });

  it("are none exactly where the values are equal", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.deepEqual(jsonDifferences(a, structuredClone(a)), []);
        assert.equal(jsonDifferences(a, b).length === 0, same(a, b));
      }),
    );
  });

  it("are named by variable or line elsewhere, and not at all where nothing can be named", () => {
    assert.deepEqual(differingPlaces("mcp/.env", "A=1\nB=2\n", "A=1\nB=3\nC=4\nA=5\n"), ["A", "B", "C"]);
    assert.deepEqual(differingPlaces("postgres/x.conf", "a\nb\n", "a\nc\n"), ["line 2"]);
    assert.deepEqual(differingPlaces("mcp/a.json", '{"a":1}', '{ "a": 1 }'), []);
    assert.deepEqual(differingPlaces("mcp/a.json", '{"a":1}', "{"), []);
  });
});

/** Equal but for the order of members. */
function same(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
    return true;
  } catch {
    return false;
  }
}

describe("what a refresh found", () => {
  const event = (op: string, type: string, name: string, before: object, after: object | null) =>
    JSON.stringify({
      resOutputsEvent: {
        metadata: {
          op,
          type,
          urn: `urn:pulumi:s::p::${type}::${name}`,
          old: { outputs: before },
          new: after && { outputs: after },
        },
      },
    });
  const files = "pulumi-nodejs:dynamic/kilocode:Files";
  const container = "docker:index/container:Container";
  const log = [
    JSON.stringify({ preludeEvent: {} }),
    event("same", container, "database", {}, {}),
    event("delete", container, "postgres", {}, null),
    event("delete", "pulumi-nodejs:dynamic/kilocode:PidsLimit", "postgres", {}, null),
    event(
      "update",
      files,
      "postgres-files",
      { drift: [] },
      { volume: "v", drift: [{ file: "mcp/a.json", kind: "content", place: "/a" }] },
    ),
    event(
      "update",
      "pulumi-nodejs:dynamic/kilocode:Clients",
      "clients",
      { clients: { a: 1 } },
      { clients: {} },
    ),
    "",
  ].join("\n");

  it("is a line for each difference, without what follows from another one", () => {
    assert.deepEqual(driftTable(findingsOf(log), "dev", createColors(false)).split("\n"), [
      "docker:Container postgres  is gone",
      "v                          mcp/a.json#/a is another",
      "kilocode:Clients clients   /clients/a was changed",
      "",
      "3 differences; `npm run up -- --stack dev` puts back what the stack says",
    ]);
  });

  it("is the same for programs", () => {
    assert.deepEqual(JSON.parse(driftJson(findingsOf(log))), {
      drift: [
        { resource: "docker:Container postgres", kind: "gone" },
        {
          resource: "kilocode:Files postgres-files",
          volume: "v",
          file: "mcp/a.json",
          kind: "content",
          place: "/a",
        },
        { resource: "kilocode:Clients clients", kind: "changed", place: "/clients/a" },
      ],
    });
    assert.deepEqual(findingsOf(""), []);
  });
});

describe("the tools shell", () => {
  it("takes only the leading --stack; the rest is the command's", () => {
    assert.deepEqual(leadingStack(["--stack", "x", "bash", "-s", "y"]), {
      stack: "x",
      rest: ["bash", "-s", "y"],
    });
    assert.deepEqual(leadingStack(["bash", "-s", "y"]), { stack: "dev", rest: ["bash", "-s", "y"] });
    assert.deepEqual(leadingStack(["-s=x", "id"]), { stack: "x", rest: ["id"] });
  });

  it("is made from what the state says, if it says anything", () => {
    const urn = "urn:pulumi:s::p::a$pulumi-nodejs:dynamic/kilocode:Files::tools-files";
    const outputs = { image: "i", volume: "p-s-tools-files", labels: { a: "b" } };
    assert.deepEqual(toolsPlaceOf(JSON.stringify({ deployment: { resources: [{ urn, outputs }] } })), {
      ...outputs,
      network: "p-s-network",
    });
    assert.equal(toolsPlaceOf(JSON.stringify({ deployment: {} })), undefined);
  });
});
