import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databaseAddress } from "#servers/runtime/databaseAddress.ts";
import { openFilesVersion } from "#servers/runtime/filesVersion.ts";
import { watchFiles } from "#servers/runtime/watchFiles.ts";

describe("the files of a server", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "servers-files-"));
    write("v1", "one");
    symlinkSync("v1", join(folder, "..data"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(version: string, text: string): void {
    for (const part of ["mcp", "secrets", "ssl"]) mkdirSync(join(folder, version, part), { recursive: true });
    writeFileSync(join(folder, version, "mcp/a.json"), text);
    writeFileSync(join(folder, version, "secrets/password"), `secret ${text}\n`);
    writeFileSync(join(folder, version, "ssl/ca.crt"), `ca ${text}`);
  }

  function flip(version: string): void {
    symlinkSync(version, join(folder, "..data-new"));
    renameSync(join(folder, "..data-new"), join(folder, "..data"));
  }

  it("are read from one version, although another one is put into force meanwhile", async () => {
    const files = await openFilesVersion(folder);
    assert.equal(await files.read("/etc/kilocode/mcp/a.json"), "one");
    write("v2", "two");
    flip("v2");
    assert.equal(await files.secret("file:/etc/kilocode/secrets/password"), "secret one");
    assert.equal(await files.read("/etc/ssl/kilocode/ca.crt"), "ca one");
    const next = await openFilesVersion(folder);
    assert.equal(await next.secret("file:/run/kilocode/secrets/password"), "secret two");
    assert.notEqual(next.id, files.id);
  });

  it("are all below the mounted folder", async () => {
    const files = await openFilesVersion(folder);
    for (const path of [
      "/etc/passwd",
      "/etc/kilocode/../passwd",
      "mcp/a.json",
      "/etc/kilocode/mcp/../../shadow",
    ]) {
      await assert.rejects(files.read(path), /is not below/, path);
    }
  });

  it("say which one is missing, and hold no empty secret", async () => {
    const files = await openFilesVersion(folder);
    await assert.rejects(files.read("/etc/kilocode/mcp/b.json"), /b\.json: cannot be read \(ENOENT\)/);
    assert.equal(await files.readOptional("/etc/kilocode/mcp/b.json"), undefined);
    writeFileSync(join(folder, "v1/secrets/password"), "\n");
    await assert.rejects(files.secret("file:/etc/kilocode/secrets/password"), /the secret is empty/);
  });

  it("are looked at again when another version is in force, once per version", async () => {
    let calls = 0;
    const changed = Promise.withResolvers<void>();
    const end = watchFiles(folder, (await openFilesVersion(folder)).id, async () => {
      calls += 1;
      changed.resolve();
    });
    write("v2", "two");
    flip("v2");
    await changed.promise;
    end();
    assert.equal(calls, 1);
  });
});

describe("the connection string of a file", () => {
  it("says where the database is, and as whom", () => {
    assert.deepEqual(databaseAddress("postgresql://postgres_1@database:5432/mcp_db"), {
      host: "database",
      port: 5432,
      name: "mcp_db",
      user: "postgres_1",
    });
    assert.equal(databaseAddress("postgres://a%40b@h/d").user, "a@b");
    assert.equal(databaseAddress("postgres://u@h/d").port, 5432);
  });
});
