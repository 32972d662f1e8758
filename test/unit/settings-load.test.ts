import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs code as Pulumi's language host would: project, stack and configuration in the environment. */
async function run(
  code: string,
  config: Record<string, string>,
  env: Record<string, string> = {},
  node: string[] = [],
) {
  const host = {
    PULUMI_NODEJS_PROJECT: "kilocode-mcp",
    PULUMI_NODEJS_STACK: "unit",
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(Object.keys(config).filter((key) => key.endsWith(":secrets"))),
  };
  const command = [...node, "--input-type=module", "--eval", code];
  const options = {
    cwd: root,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...host, ...env },
  };
  return await promisify(execFile)(process.execPath, command, options).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
}

const load = `
  import { loadSettings } from "#settings/load.ts";
  try { console.log(JSON.stringify(loadSettings().settings)); } catch (error) { console.log(error.message); }
`;

describe("Loading the settings from Pulumi", () => {
  it("reads the project's namespace and leaves those of providers alone", async () => {
    const config = {
      "kilocode-mcp:environment": "dev",
      "kilocode-mcp:postgres": '{"memory":"2GB"}',
      "kilocode-mcp:secrets": '{"smtp":"kQ8-zz"}',
      "docker:host": "unix:///run/docker.sock",
    };
    const { stdout } = await run(load, config);
    const settings = JSON.parse(stdout) as { postgres: { memory: number }; secrets: string[] };
    assert.equal(settings.postgres.memory, 2 * 1024 ** 3);
    assert.deepEqual(settings.secrets, ["smtp"]);
  });

  it("finds keys under a name that is nearly the project's", async () => {
    const { stdout } = await run(load, {
      "kilocode-mpc:environment": "dev",
      "kilocode-mcp:environment": "dev",
    });
    assert.match(stdout, /^\[SETTINGS_UNKNOWN_KEY\] kilocode-mpc:environment/);
  });

  it("recognises the passphrase that the set-up generates", async () => {
    const config = { "kilocode-mcp:environment": "prod", "kilocode-mcp:acceptNoBackups": "true" };
    const generated = {
      XDG_CONFIG_HOME: "/cfg",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/cfg/kilocode-mcp/passphrase",
    };
    assert.match((await run(load, config, generated)).stdout, /^\[PROD_GENERATED_PASSPHRASE\]/);
    const own = { ...generated, PULUMI_CONFIG_PASSPHRASE_FILE: "/cfg/own" };
    assert.match((await run(load, config, own)).stdout, /^\{"project"/);
  });
});

describe("The program's first lines", () => {
  it("say in one sentence that Node.js is too old", async () => {
    const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.19.2'})";
    const code = 'await import("./main.js").catch((error) => console.log(error.message));';
    const { stdout } = await run(code, {}, {}, ["--import", old]);
    assert.match(stdout, /^\[NODE_TOO_OLD\] Node\.js 20\.19\.2 cannot run TypeScript; 22\.18 or newer can\./);
  });
});
