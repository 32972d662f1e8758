import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresServerFiles } from "#model/files/postgresServer.ts";
import type { Json } from "#model/files/postgresServer.ts";
import { byteSize } from "#servers/runtime/byteSize.ts";
import { openFilesVersion } from "#servers/runtime/filesVersion.ts";
import { watchFiles } from "#servers/runtime/watchFiles.ts";
import { postgresSchema } from "#servers/postgres/config.ts";

const input = {
  hosts: ["kilocode-dev-postgres", "mcp.example"],
  environment: "dev",
  version: "0.1.0",
  database: { host: "database", user: "postgres_1", readerUser: "postgres_reader_1" },
};

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

describe("the rendered files of the postgres server", () => {
  it("are the same text for the same input, and hold references instead of secrets", () => {
    const files = postgresServerFiles(input);
    assert.deepEqual(files, postgresServerFiles(structuredClone(input)));
    assert.deepEqual(Object.keys(files), [
      "mcp/postgres.json",
      "mcp/access.json",
      "mcp/logging.json",
      "mcp/ssl.json",
    ]);
    const { database } = JSON.parse(files["mcp/postgres.json"]!) as { database: Record<string, unknown> };
    assert.equal(database["connectionString"], "postgresql://postgres_1@database:5432/mcp_db");
    assert.equal(database["password"], "file:/etc/kilocode/secrets/database-password");
  });

  it("are accepted by the server", () => {
    const config = postgresSchema.parse(JSON.parse(postgresServerFiles(input)["mcp/postgres.json"]!));
    assert.deepEqual(config.database.connectionString, {
      host: "database",
      port: 5432,
      name: "mcp_db",
      user: "postgres_1",
    });
    assert.deepEqual(config.security.allowedHosts, ["localhost", "127.0.0.1", "[::1]", ...input.hosts]);
    assert.equal(config.server.maxRequestSize, 10 * 1024 ** 2);
    assert.equal(config.database.maxBytes, 1024 ** 2);
  });

  it("take keys that a stack lays over them", () => {
    const overrides = { postgres: { database: { queryTimeout: 5, new: { b: 1, a: 2 } }, extra: [1] } };
    const text = postgresServerFiles({ ...input, overrides })["mcp/postgres.json"]!;
    const { database, extra } = JSON.parse(text) as { database: Record<string, unknown>; extra: unknown };
    assert.equal(database["queryTimeout"], 5);
    assert.equal((database["pool"] as { max: number }).max, 20);
    assert.deepEqual(extra, [1]);
  });

  const wrong: Record<string, [Record<string, Json>, RegExp]> = {
    "a password in the connection string": [
      { database: { connectionString: "postgresql://u:p@h/d" } },
      /holds a password/,
    ],
    "a password in clear": [{ database: { password: "hunter2" } }, /expected a reference/],
    "an unverified database": [{ database: { ssl: { rejectUnauthorized: false } } }, /must be true/],
    "plain HTTP": [{ server: { enableSSL: false } }, /must be true/],
    "a port out of range": [{ server: { port: 70_000 } }, /65535/],
    "a size without meaning": [{ server: { maxRequestSize: "ten" } }, /such as "10MB"/],
  };
  for (const [name, [postgres, message]] of Object.entries(wrong)) {
    it(`are refused with ${name}, without repeating the value`, () => {
      const text = postgresServerFiles({ ...input, overrides: { postgres } })["mcp/postgres.json"]!;
      const { error } = postgresSchema.safeParse(JSON.parse(text));
      const told = error?.issues.map((issue) => issue.message).join("; ") ?? "";
      assert.match(told, message);
      assert.doesNotMatch(told, /hunter2|u:p@/);
    });
  }
});

describe("a size", () => {
  it("is read with its unit", () => {
    assert.deepEqual(["10MB", "1 kb", "3", "1.5GB", 7, "x", "10 TB", -1, ""].map(byteSize), [
      10_485_760,
      1024,
      3,
      1_610_612_736,
      7,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
