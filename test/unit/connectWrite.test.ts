import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planEntry, type WriteOptions } from "#connect/writeEntry.ts";
import type { ClientFile } from "#model/client/entries.ts";

const wanted: ClientFile = { under: "mcpServers", entries: { postgres: { command: "node" } } };
const writeEntry = (...args: Parameters<typeof planEntry>) => planEntry(...args)();
const now = new Date("2026-01-02T03:04:05.678Z");

describe("writing a client's file", () => {
  let folder: string;
  let options: WriteOptions;
  const inFolder = (name: string) => join(folder, name);
  const put = (text: string, mode = 0o644) => {
    fs.writeFileSync(inFolder("mcp.json"), text);
    fs.chmodSync(inFolder("mcp.json"), mode);
    return inFolder("mcp.json");
  };
  const modeOf = (file: string) => fs.statSync(file).mode & 0o777;
  const files = () =>
    fs
      .readdirSync(folder)
      .filter((name) => name !== "entries.json")
      .sort();

  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), "connect-write-"));
    options = { record: inFolder("entries.json"), force: false, now };
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("makes a file that only its user reads, with the folders on the way", () => {
    const report = writeEntry(inFolder("a/b/mcp.json"), wanted, options);
    assert.equal(report.copy, undefined);
    assert.deepEqual(JSON.parse(fs.readFileSync(report.file, "utf8")), { mcpServers: wanted.entries });
    assert.equal(modeOf(report.file), 0o600);
  });

  it("keeps a copy, the mode and the old text of what is there, and leaves nothing else", () => {
    const file = put('{"mcpServers":{"other":{}}}', 0o640);
    const { copy } = writeEntry(file, wanted, options);
    assert.equal(copy, `${file}.bak-20260102T030405Z`);
    assert.equal(fs.readFileSync(copy, "utf8"), '{"mcpServers":{"other":{}}}');
    assert.deepEqual([modeOf(file), modeOf(copy)], [0o640, 0o640]);
    assert.deepEqual(files(), ["mcp.json", "mcp.json.bak-20260102T030405Z"]);
  });

  it("keeps each copy, also within a second", () => {
    const file = put("{}");
    writeEntry(file, wanted, options);
    const { copy } = writeEntry(file, { ...wanted, entries: { postgres: { command: "other" } } }, options);
    assert.equal(copy, `${file}.bak-20260102T030405Z-1`);
  });

  it("does nothing where nothing is to be done", () => {
    const file = put("{}");
    writeEntry(file, wanted, options);
    const before = fs.statSync(file);
    const { changes, copy } = writeEntry(file, wanted, options);
    assert.deepEqual([changes, copy], [[], undefined]);
    assert.deepEqual([fs.statSync(file).ino, fs.statSync(file).mtimeMs], [before.ino, before.mtimeMs]);
  });

  it("writes behind a symbolic link, which stays one", () => {
    fs.mkdirSync(inFolder("dotfiles"));
    fs.writeFileSync(inFolder("dotfiles/mcp.json"), "{}");
    fs.symlinkSync(inFolder("dotfiles/mcp.json"), inFolder("mcp.json"));
    const { file } = writeEntry(inFolder("mcp.json"), wanted, options);
    assert.equal(file, fs.realpathSync(inFolder("dotfiles/mcp.json")));
    assert.ok(fs.lstatSync(inFolder("mcp.json")).isSymbolicLink());
    assert.match(fs.readFileSync(inFolder("mcp.json"), "utf8"), /postgres/);
  });

  it("leaves a file alone that it refuses", () => {
    for (const [text, problem] of [
      ['{"mcpServers": {,}}', /line 1, column 17/],
      ['{"mcpServers":{"postgres":{"command":"mine"}}}', /CONNECT_CHANGED/],
    ] as const) {
      const file = put(text);
      assert.throws(() => writeEntry(file, wanted, options), problem);
      assert.equal(fs.readFileSync(file, "utf8"), text);
      assert.deepEqual(files(), ["mcp.json"]);
    }
    fs.writeFileSync(inFolder("mcp.json"), Buffer.from('{"a":"\u00e4"}', "latin1"));
    assert.throws(() => writeEntry(inFolder("mcp.json"), wanted, options), /CONNECT_FILE.*not UTF-8/s);
    assert.throws(() => writeEntry(folder, wanted, options), /CONNECT_FILE.*not a file/s);
    assert.throws(() => writeEntry(inFolder("mcp.json/x"), wanted, options), /CONNECT_FILE.*ENOTDIR/s);
  });

  it("refuses to write over what was changed between reading and writing", () => {
    const file = put("{}");
    const write = planEntry(file, wanted, options);
    put('{"other":1}');
    assert.throws(write, /CONNECT_FILE.*changed meanwhile/s);
    assert.equal(fs.readFileSync(file, "utf8"), '{"other":1}');
  });

  it("replaces a changed entry if told to, and keeps the copy", () => {
    const file = put('{"mcpServers":{"postgres":{"command":"mine"}}}');
    const { copy } = writeEntry(file, wanted, { ...options, force: true });
    assert.match(fs.readFileSync(copy!, "utf8"), /mine/);
    assert.deepEqual(JSON.parse(fs.readFileSync(file, "utf8")), { mcpServers: wanted.entries });
  });
});
