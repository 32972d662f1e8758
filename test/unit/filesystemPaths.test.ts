import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import * as fc from "fast-check";
import { unreachableFor } from "#model/serverFolders.ts";
import { boundaryOf } from "#servers/filesystem/boundary.ts";
import { partsOf, pathText, readPath } from "#servers/filesystem/pathParts.ts";
import { Shield } from "#servers/filesystem/shield.ts";

const name = fc.constantFrom("a", "b", "ab", ".h", "..", ".", "", "a b", "ü", "%2e%2e", "\\");
const path = fc
  .tuple(fc.boolean(), fc.array(name, { maxLength: 8 }))
  .map(([absolute, names]) => (absolute ? "/" : "") + names.join("/"));

describe("paths of the filesystem server", () => {
  it("are read as the system's own rules have it, by the letter", () => {
    fc.assert(
      fc.property(path, (text) => {
        assert.equal(pathText(readPath(text, ["root", "x"])), resolve("/root/x", text));
      }),
    );
  });

  it("are refused where they are none", () => {
    for (const text of ["a\0b", "\ud800", "x".repeat(256), "a/".repeat(2049)])
      assert.throws(() => readPath(text, []), /the path .*allowed directories/);
    assert.equal(readPath("x".repeat(255), []).length, 1);
  });

  it("are judged name by name", () => {
    const boundary = boundaryOf(
      [
        ["w", "one"],
        ["w", ".two"],
      ],
      false,
    );
    const cases: Record<string, string> = {
      "/w/one": "inside",
      "/w/one/x": "inside",
      "/w/one-x": "outside",
      "/w/on": "outside",
      "/w": "above",
      "/": "above",
      "/x": "outside",
      "/w/one/.x": "hidden",
      "/w/one/a/.x/b": "hidden",
      "/w/.two/x": "inside",
      "/w/.two/.x": "hidden",
      "/w/.three": "outside",
    };
    for (const [text, expected] of Object.entries(cases))
      assert.equal(boundary.standing(partsOf(text)), expected, text);
    assert.equal(boundaryOf([["w"]], true).standing(["w", ".x"]), "inside");
    // A name with a dot is seen where it is allowed itself.
    assert.equal(boundaryOf([["w"], ["w", ".x"]], false).standing(["w", ".x", "y"]), "inside");
  });

  it("are inside only if an allowed folder is among the folders around them", () => {
    fc.assert(
      fc.property(path, (text) => {
        const parts = readPath(text, ["a"]);
        const inside = boundaryOf([["a"]], true).standing(parts) === "inside";
        assert.equal(inside, `${resolve("/a", text)}/`.startsWith("/a/"));
      }),
    );
  });

  it("that no tool may reach are those folders, what they hold and what holds them", () => {
    for (const folder of [
      "/proc",
      "/proc/1",
      "/etc",
      "/etc/kilocode/mcp",
      "/var",
      "/var/log/kilocode/mcp",
      "/",
    ])
      assert.notEqual(unreachableFor(folder), undefined, folder);
    for (const folder of ["/process", "/etc/kilo", "/var/www", "/opt/kilocode/mcp-servers", "/tmp", "/mnt/x"])
      assert.equal(unreachableFor(folder), undefined, folder);
  });

  it("to the kernel's file systems and to the server's own folders are known by what is there", async () => {
    const shield = await Shield.over([tmpdir(), "/not/there"]);
    assert.equal(await shield.covers(tmpdir(), await stat(tmpdir()), false), true);
    assert.equal(await shield.covers("/usr", await stat("/usr"), true), false);
    for (const folder of ["/proc", "/proc/self/fd", "/sys"])
      assert.equal(await shield.covers(folder, await stat(folder), true), true, folder);
  });
});
