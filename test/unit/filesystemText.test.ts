import assert from "node:assert/strict";
import * as fc from "fast-check";
import { charactersOf, findSequence } from "#servers/filesystem/findSequence.ts";
import { anyGlob, glob } from "#servers/filesystem/globs.ts";
import { EditNotFound, applyEdits } from "#servers/filesystem/textEdits.ts";
import { firstLines, lastLines } from "#servers/filesystem/textLines.ts";
import { unifiedDiff } from "#servers/filesystem/unifiedDiff.ts";

const signal = new AbortController().signal;
const edit = (text: string, oldText: string, newText: string) =>
  applyEdits(text, [{ oldText, newText }], signal);

describe("texts of the filesystem server", () => {
  it("have first and last lines", () => {
    const lines = fc.array(fc.constantFrom("", "a", "bb"), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 8 }), fc.boolean(), (list, count, ended) => {
        const text = list.join("\n") + (ended ? "\n" : "");
        // As the language splits them; a line break at the end begins no line.
        const all = text.endsWith("\n") ? text.slice(0, -1).split("\n") : text.split("\n");
        assert.equal(lastLines(text, count), all.slice(-count).join("\n"));
        const first = count >= text.split("\n").length ? text : text.split("\n").slice(0, count).join("\n");
        assert.equal(firstLines(text, count), first);
      }),
    );
  });

  it("are searched as the language does, whatever they are made of", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    fc.assert(
      fc.property(letters, letters, (text, wanted) => {
        assert.equal(findSequence(charactersOf(text), charactersOf(wanted)), text.indexOf(wanted));
      }),
    );
  });

  it("are edited at the first place, literally", async () => {
    assert.equal(await edit("a.a.a", "a", "$&"), "$&.a.a");
    await assert.rejects(edit("abc", "x", "y"), EditNotFound);
    const both = [
      { oldText: "a", newText: "b" },
      { oldText: "bb", newText: "c" },
    ];
    assert.equal(await applyEdits("ab", both, signal), "c");
  });

  it("are edited where only white space at the ends of lines differs, with the file's indentation", async () => {
    assert.equal(
      await edit("  if (a) {\n    b();\n  }\n", "if (a) {\n  b();\n}", "if (c) {\n  d();\n}"),
      "  if (c) {\n    d();\n  }\n",
    );
    assert.equal(await edit("\tx\n", "x ", "y"), "\ty\n");
  });

  it("keep their line breaks", async () => {
    assert.equal(await edit("a\r\nb\r\n", "a\nb", "c\nd"), "c\r\nd\r\n");
    assert.equal(await edit("a\nb\n", "a\nb", "c\r\nd"), "c\r\nd\n");
    assert.equal(await edit("a\r\nb\n", "b", "c"), "a\r\nc\n");
  });

  it("are compared in a fence that nothing in them closes", () => {
    const diff = unifiedDiff("f", "a\n```\n", "b\n```\n");
    assert.match(diff, /^````diff\n[\s\S]*\n-a\n\+b\n ```\n````\n\n$/);
    const many = (letter: string) =>
      Array.from({ length: 5000 }, (_, count) => `${letter}${count}\n`).join("");
    const large = unifiedDiff("f", many("a"), many("b"));
    assert.match(large, /@@ -1,5000 \+1,5000 @@\n-a0\n/);
  });

  it("fit globs", () => {
    assert.ok(glob("**/*.ts")("a.ts") && glob("**/*.ts")("a/b/.c.ts") && !glob("*.ts")("a/b.ts"));
    assert.ok(
      anyGlob(["node_modules"], true)("a/node_modules/b") &&
        !anyGlob(["node_modules"], false)("a/node_modules"),
    );
    assert.throws(() => glob("{a,b}".repeat(12)), /fewer alternatives/);
  });
});
