import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, rmdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { RotatingFile } from "#servers/runtime/logging/rotatingFile.ts";

describe("a log file that rotates", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rotating-"));
    path = join(folder, "logs", "x.log");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const limits = { maxSize: 30, maxFiles: 2, compress: false };
  const names = () => readdirSync(join(folder, "logs")).toSorted();
  const text = (name: string) => readFileSync(join(folder, "logs", name), "utf8");

  it("has each line when the call returns, for nobody else to read", () => {
    const file = new RotatingFile(path, limits);
    assert.equal(file.write("one\n"), true);
    assert.equal(text("x.log"), "one\n");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("is rotated before it exceeds its size, and keeps so many rotated ones, the youngest as number 1", async () => {
    const file = new RotatingFile(path, limits);
    for (let number = 1; number <= 10; number += 1) file.write(`line ${String(number).padStart(9, "0")}\n`);
    assert.deepEqual(names(), ["x.log", "x.log.1", "x.log.2"]);
    assert.equal(text("x.log"), "line 000000009\nline 000000010\n");
    assert.equal(text("x.log.1"), "line 000000007\nline 000000008\n");
    assert.equal(text("x.log.2"), "line 000000005\nline 000000006\n");
    await file.close();
  });

  it("goes on with what is there, and takes a line that is longer than all", async () => {
    const first = new RotatingFile(path, limits);
    first.write("from before\n");
    await first.close();
    const file = new RotatingFile(path, limits);
    file.write(`${"x".repeat(100)}\n`);
    assert.equal(text("x.log.1"), "from before\n");
    assert.equal(text("x.log").length, 101);
    await file.close();
  });

  it("compresses rotated files, and loses no line by it", async () => {
    const file = new RotatingFile(path, { ...limits, maxFiles: 50, compress: true });
    for (let number = 1; number <= 40; number += 1) {
      file.write(`line ${String(number).padStart(9, "0")}\n`);
      if (number % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await file.close();
    const rotated = names().filter((name) => name !== "x.log");
    assert.ok(
      rotated.every((name) => name.endsWith(".gz")),
      rotated.join(),
    );
    const lines = rotated
      .map((name) => gunzipSync(readFileSync(join(folder, "logs", name))).toString())
      .concat(text("x.log"))
      .join("")
      .trim()
      .split("\n");
    assert.equal(new Set(lines).size, 40);
    assert.equal(lines.length, 40);
  });

  it("that cannot be written says why, and is tried again after a while", () => {
    let now = 0;
    const file = new RotatingFile(path, limits, () => now);
    // Somebody made a folder of its name.
    mkdirSync(path, { recursive: true });
    assert.equal(file.write("lost\n"), false);
    assert.equal(file.problem, "EISDIR");
    rmdirSync(path);
    assert.equal(file.write("too early\n"), false);
    now = 6000;
    assert.equal(file.write("later\n"), true);
    assert.equal(file.problem, undefined);
    assert.equal(text("x.log"), "later\n");
  });
});
