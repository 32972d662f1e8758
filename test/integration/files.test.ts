import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { dockerEngine } from "#providers/docker/engine.ts";
import { buildImage } from "#providers/image/build.ts";
import { buildContext } from "#providers/image/context.ts";
import { deliverFiles, filesDiffer, readFiles, type FilesInputs } from "#providers/files/runner.ts";

describe("a files volume", function () {
  this.timeout(600_000);
  const engine = dockerEngine({});
  const image = `kilocode-mcp-postgres:${buildContext("postgres").hash}`;
  const volume = `test-files-${randomBytes(4).toString("hex")}`;
  const inputs: FilesInputs = {
    docker: {},
    volume,
    image,
    labels: { "io.kilocode.test": volume },
    uid: 5432,
    files: { "postgres/postgresql.conf": "work_mem = 4MB\n", "mcp/a.json": '{"a":1}' },
    secrets: { "secrets/key": "planted-secret" },
    check: [],
    reload: null,
  };

  /** Runs a shell in the volume as root, as an intruder or a careless operator would. */
  async function meddle(script: string): Promise<string> {
    const container = await engine.createContainer({
      Image: image,
      Entrypoint: ["/bin/sh", "-c", script],
      User: "0:0",
      WorkingDir: "/volume",
      Tty: true,
      HostConfig: { NetworkMode: "none", Mounts: [{ Type: "volume", Source: volume, Target: "/volume" }] },
    });
    try {
      await container.start();
      const { StatusCode: status } = (await container.wait()) as { StatusCode: number };
      const output = (await container.logs({ stdout: true, stderr: true })).toString("utf8");
      assert.equal(status, 0, output);
      return output.replaceAll("\r", "");
    } finally {
      await container.remove({ force: true });
    }
  }

  before(async () => {
    await buildImage(engine, "postgres", image);
    await engine.createVolume({ Name: volume });
  });
  after(async () => {
    await engine.getVolume(volume).remove({ force: true });
  });

  it("holds what was delivered, closed to everybody but the service", async () => {
    const state = await deliverFiles(inputs);
    assert.deepEqual(await readFiles(state), state);
    const listing = await meddle(
      "stat -L -c '%a %u:%g %n' ..data ..data/* mcp/a.json secrets/key; cat mcp/a.json",
    );
    assert.match(listing, /500 5432:5432 \.\.data\n/);
    assert.match(listing, /400 5432:5432 mcp\/a\.json/);
    assert.match(listing, /400 5432:5432 secrets\/key/);
    assert.match(listing, /\{"a":1\}$/);
  });

  it("replaces all files at once and keeps two versions for readers that still hold them", async () => {
    for (const a of [2, 3, 4, 5]) await deliverFiles({ ...inputs, files: { "mcp/a.json": `{"a":${a}}` } });
    const listing = await meddle("ls -A; cat mcp/a.json");
    assert.equal(listing.match(/^\.\.20/gm)?.length, 3);
    assert.match(listing, /\{"a":5\}$/);
    assert.doesNotMatch(listing, /^postgres$/m, "a folder that is no longer delivered goes");
  });

  const mutations: Record<string, [script: string, finding: string]> = {
    "another content": ["echo x >> mcp/a.json", "mcp/a.json has another content"],
    "another mode": ["chmod 0444 mcp/a.json", "mcp/a.json has mode 0444"],
    "another owner": ["chown 1:1 mcp/a.json", "mcp/a.json is owned by 1:1"],
    "a missing file": ["rm -f mcp/a.json", "mcp/a.json is missing"],
    "an extra file": ["echo x > ..data/mcp/b.json", "mcp/b.json was added"],
    "an extra file beside the versions": ["echo x > stray", "stray was added"],
    "a changed secret": ["echo x > ..data/secrets/key", "secrets/key has another content"],
  };
  for (const [title, [script, finding]] of Object.entries(mutations)) {
    it(`tells ${title}, shows no secret, and is repaired by a delivery`, async () => {
      const state = await deliverFiles(inputs);
      await meddle(script);
      const found = await readFiles(state);
      assert.deepEqual(found?.drift, [finding]);
      assert.deepEqual(found.secrets, state.secrets);
      assert.ok(!JSON.stringify([found.files, found.drift]).includes("planted-secret"));
      assert.ok(filesDiffer(found, inputs));
      assert.deepEqual((await readFiles(await deliverFiles(inputs)))?.drift, []);
    });
  }

  it("refuses what the reading program refuses, and keeps the old files", async () => {
    const check = [
      "postgres",
      "-C",
      "config_file",
      "-c",
      "data_directory=/tmp",
      "-c",
      "ident_file=/dev/null",
    ];
    const files = (text: string) => ({
      ...inputs,
      files: { "postgres/postgresql.conf": text, "postgres/pg_hba.conf": "" },
      check: [
        ...check,
        ...[
          "-c",
          "config_file={files}/postgres/postgresql.conf",
          "-c",
          "hba_file={files}/postgres/pg_hba.conf",
        ],
      ],
    });
    const state = await deliverFiles(files("work_mem = 8MB\n"));
    await assert.rejects(deliverFiles(files("work_mem = banana\n")), /FILE_REFUSED.*"work_mem": "banana"/s);
    assert.deepEqual(await readFiles(state), state);
    assert.equal((await meddle("ls -A")).match(/^\.\.20/gm)?.length, 3, "the refused version is removed");
  });

  it("is seen as gone when its volume is", async () => {
    assert.equal(await readFiles({ ...inputs, volume: `${volume}-absent`, drift: [] }), undefined);
  });
});
