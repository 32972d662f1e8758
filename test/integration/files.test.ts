import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { dockerEngine } from "#providers/docker/engine.ts";
import { buildImage } from "#providers/image/build.ts";
import { postgresImage } from "./postgresServer.ts";
import { driftSentence } from "#providers/files/drift.ts";
import { filesDiffer } from "#providers/files/changes.ts";
import { deliverFiles, readFiles, type FilesInputs } from "#providers/files/runner.ts";

describe("a files volume", function () {
  this.timeout(600_000);
  const engine = dockerEngine({});
  const image = postgresImage();
  const volume = `test-files-${randomBytes(4).toString("hex")}`;
  const inputs: FilesInputs = {
    docker: {},
    volume,
    image,
    labels: { "io.kilocode.test": volume },
    uid: 5432,
    files: {
      "postgres/postgresql.conf": "work_mem = 4MB\n",
      "mcp/a.json": '{"a":1,"b":{"c":2}}',
      "mcp/.env": "KEY=${secret:key}\nMODE=x\n",
    },
    secrets: { "secrets/key": "planted-secret" },
    fillings: { key: "planted-filling" },
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
    assert.match(listing, /\{"a":1,"b":\{"c":2\}\}$/);
  });

  it("replaces all files at once and keeps two versions for readers that still hold them", async () => {
    for (const a of [2, 3, 4, 5]) await deliverFiles({ ...inputs, files: { "mcp/a.json": `{"a":${a}}` } });
    const listing = await meddle("ls -A; cat mcp/a.json");
    assert.equal(listing.match(/^\.\.20/gm)?.length, 3);
    assert.match(listing, /\{"a":5\}$/);
    assert.doesNotMatch(listing, /^postgres$/m, "a folder that is no longer delivered goes");
  });

  const mutations: Record<string, [script: string, ...findings: string[]]> = {
    "a value in JSON": [`echo '{"a":1,"b":{"c":3}}' > mcp/a.json`, "mcp/a.json#/b/c is another"],
    "a member in JSON": [`echo '{"a":1,"b":{"c":2},"z":1}' > mcp/a.json`, "mcp/a.json#/z is another"],
    "a file that is no JSON any more": ["echo x > mcp/a.json", "mcp/a.json has another content"],
    "a line": [
      "echo 'work_mem = 5MB' > postgres/postgresql.conf",
      "postgres/postgresql.conf line 1 is another",
    ],
    "a variable": ["printf 'KEY=planted-filling\\nMODE=y\\n' > mcp/.env", "mcp/.env#MODE is another"],
    "a variable that holds a secret": ["printf 'KEY=z\\nMODE=x\\n' > mcp/.env", "mcp/.env#KEY is another"],
    "a secret": ["echo x > ..data/secrets/key", "secrets/key line 1 is another"],
    "a mode": ["chmod 0444 mcp/a.json", "mcp/a.json has mode 0444"],
    "an owner": ["chown 1:1 mcp/a.json", "mcp/a.json is owned by 1:1"],
    "a missing file": ["rm -f mcp/a.json", "mcp/a.json is missing"],
    "an extra file": ["echo x > ..data/mcp/b.json", "mcp/b.json was added"],
    "an extra file beside the versions": [
      "echo x > stray; echo y > .stray",
      ".stray was added",
      "stray was added",
    ],
    "a link instead of a file": [
      "rm -f mcp/a.json; mv postgres mcp/a.json",
      "mcp/a.json is a symlink",
      "postgres is missing",
    ],
    "a folder's mode": ["chmod 0755 ..data/mcp/.", "mcp has mode 0755"],
    "a folder instead of a link": [
      "rm mcp; mkdir mcp; cat ..data/mcp/a.json > mcp/a.json",
      "mcp is a directory",
    ],
    "a missing link": ["rm mcp", "mcp is missing"],
    "a folder instead of the version": [
      "rm ..data; mkdir ..data",
      "mcp is missing",
      "mcp/.env is missing",
      "mcp/a.json is missing",
      "postgres is missing",
      "postgres/postgresql.conf is missing",
      "secrets is missing",
      "secrets/key is missing",
    ],
  };
  for (const [title, [script, ...findings]] of Object.entries(mutations)) {
    it(`tells ${title}, shows no secret, and is repaired by a delivery`, async () => {
      const state = await deliverFiles(inputs);
      assert.deepEqual((await readFiles(state))?.drift, []);
      await meddle(script);
      const found = await readFiles(state);
      const said = found?.drift.map(driftSentence) ?? [];
      assert.deepEqual(
        said.filter(
          (sentence) => !/owned by 0:0|mode 0(644|755|777)/.test(sentence) || findings.includes(sentence),
        ),
        findings,
      );
      assert.deepEqual(found?.secrets, state.secrets);
      assert.doesNotMatch(JSON.stringify([found?.files, found?.drift]), /planted/);
      assert.ok(filesDiffer(found, inputs));
      assert.deepEqual((await readFiles(await deliverFiles(inputs)))?.drift, []);
    });
  }

  it("fills secrets into .env on the volume, and shows marks everywhere else", async () => {
    const state = await deliverFiles(inputs);
    assert.equal(await meddle("cat mcp/.env"), "KEY=planted-filling\nMODE=x\n");
    assert.equal(state.files["mcp/.env"], "KEY=${secret:key}\nMODE=x\n");
    assert.deepEqual((await readFiles(state))?.files, inputs.files);
    const rotated = { ...inputs, fillings: { key: "planted-other" } };
    assert.ok(filesDiffer(state, rotated));
    await meddle("printf 'KEY=planted-by-hand\\nMODE=x\\nEXTRA=planted\\nplanted\\n' > mcp/.env");
    assert.equal(
      (await readFiles(state))?.files["mcp/.env"],
      "KEY=[changed]\nMODE=x\nEXTRA=[changed]\n[changed]\n",
    );
    await meddle(`echo '{"a":"planted-secret"}' > mcp/a.json`);
    assert.equal((await readFiles(state))?.files["mcp/a.json"], '{"a":"[secret]"}\n');
    await deliverFiles(inputs);
  });

  it("refuses a mark without a secret, and a secret that .env cannot carry, before anything changes", async () => {
    const state = await deliverFiles(inputs);
    for (const fillings of [{}, { key: "planted\nline" }]) {
      await assert.rejects(deliverFiles({ ...inputs, fillings }), (error: Error) => {
        assert.match(error.message, /FILE_REFUSED.*mcp\/\.env.*the secret key/s);
        assert.doesNotMatch(error.message, /planted/);
        return true;
      });
    }
    assert.deepEqual((await readFiles(state))?.drift, []);
  });

  it("refuses what the reading program refuses, and keeps the old files", async () => {
    const check = ["postgres", "-C", "config_file"].concat(
      ["data_directory=/tmp", "ident_file=/dev/null"].flatMap((setting) => ["-c", setting]),
      ["-c", "config_file={files}/postgres/postgresql.conf", "-c", "hba_file={files}/postgres/pg_hba.conf"],
    );
    const files = (text: string) => ({
      ...inputs,
      files: { "postgres/postgresql.conf": text, "postgres/pg_hba.conf": "" },
      check,
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
