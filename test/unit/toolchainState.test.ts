import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Fault } from "#model/fault.ts";
import { keepingStackFile, withoutSalt } from "#toolchain/stackFile.ts";
import { ensurePassphrase, passphraseFile, requirePassphrase, stateAccess } from "#toolchain/state.ts";

describe("state and passphrase", () => {
  let home: string;
  beforeEach(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-state-test-"))));
  afterEach(() => fs.rmSync(home, { recursive: true }));
  const access = (stack: string, env: NodeJS.ProcessEnv = {}) =>
    stateAccess(stack, { HOME: home, ...env }, path.join(home, ".pulumi"));

  it("uses Pulumi's local default and a generated passphrase for dev", () => {
    const { env, backend } = access("dev");
    assert.equal(backend, "file://~");
    assert.equal(env.PULUMI_BACKEND_URL, "file://~");
    assert.equal(env.PULUMI_CONFIG_PASSPHRASE_FILE, path.join(home, ".config", "kilocode-mcp", "passphrase"));
  });

  it("leaves the user's login, backend and passphrase alone", () => {
    fs.mkdirSync(path.join(home, ".pulumi"));
    const login = { current: "https://api.pulumi.com", accounts: {} };
    fs.writeFileSync(path.join(home, ".pulumi", "credentials.json"), JSON.stringify(login));
    assert.deepEqual(access("dev").env, {});
    assert.equal(access("dev").backend, "https://api.pulumi.com");
    const own = access("dev", { PULUMI_BACKEND_URL: "s3://state", PULUMI_CONFIG_PASSPHRASE: "" });
    assert.deepEqual(own.env, {});
    assert.equal(own.backend, "s3://state");
  });

  it("generates no passphrase for other stacks and refuses to let Pulumi ask nobody", () => {
    const prod = access("prod");
    assert.equal(prod.passphrase, undefined);
    assert.equal(prod.env.PULUMI_CONFIG_PASSPHRASE_FILE, undefined);
    const absent = path.join(home, "Pulumi.prod.yaml");
    assert.throws(
      () => requirePassphrase(prod, "prod", false, absent),
      (error) => error instanceof Fault && error.code === "PASSPHRASE_MISSING",
    );
    requirePassphrase(prod, "prod", true, absent);
    fs.writeFileSync(absent, "secretsprovider: awskms://alias/x\n");
    requirePassphrase(prod, "prod", false, absent);
  });

  it("makes the passphrase once, readable by its owner only", () => {
    const dev = access("dev");
    ensurePassphrase(dev);
    const file = passphraseFile({ HOME: home });
    const first = fs.readFileSync(file, "utf8");
    assert.ok(first.trim().length >= 32);
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700);
    ensurePassphrase(dev);
    assert.equal(fs.readFileSync(file, "utf8"), first);
  });
});

describe("the stack file after a Pulumi command", () => {
  const salt = "encryptionsalt: v1:abc=:v1:def:ghi\n";
  const file = "# kept\nconfig:\n  p:a: 1   # why\n  p:b: {c: true}\n";

  it("gets its bytes back when Pulumi only added a salt and reformatted", () => {
    const after = `# kept\nconfig:\n  p:a: "1" # why\n  p:b: {c: true}\n${salt}`;
    assert.equal(withoutSalt(file, after), file);
  });

  it("keeps what Pulumi changed, without the salt", () => {
    const changed = "config:\n  p:a: 2\n";
    assert.equal(withoutSalt(file, changed + salt), changed);
  });

  it("keeps the salt when encrypted values need it", () => {
    const after = `config:\n  p:a:\n    secure: v1:x:y\n${salt}`;
    assert.equal(withoutSalt(file, after), after);
  });

  it("goes away when it was not there before", () => {
    assert.equal(withoutSalt(undefined, salt), undefined);
  });

  it("loses a salt that an earlier, killed command left", () => {
    assert.equal(withoutSalt(file + salt, file + salt), file);
  });

  it("is put right also when the command fails", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-stack-file-"));
    const name = path.join(folder, "Pulumi.dev.yaml");
    fs.writeFileSync(name, file);
    const failing = keepingStackFile(name, () => {
      fs.appendFileSync(name, salt);
      return Promise.reject(new Error("no"));
    });
    await assert.rejects(failing);
    assert.equal(fs.readFileSync(name, "utf8"), file);
    fs.rmSync(folder, { recursive: true });
  });
});
