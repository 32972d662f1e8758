import assert from "node:assert/strict";
import { withMcpClient } from "#gate/mcpClient.ts";
import { dockerEngine } from "#providers/docker/engine.ts";
import { callTool } from "./callTool.ts";
import { collectSinks, generatedSecrets, leaks } from "./leakScan.ts";
import { TestStack } from "./stack.ts";

interface Outputs {
  readonly endpoints: { postgres: string };
  readonly caCertificate: string;
  readonly apiKeys: { default: string };
}

describe("files of a running stack", function () {
  this.timeout(900_000);
  const engine = dockerEngine({});
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.create();
    await succeeds(["up", "--yes", "--skip-preview"]);
  });
  after(() => stack.remove());

  async function succeeds(args: string[]): Promise<string> {
    const { code, output } = await stack.pulumi(args);
    assert.equal(code, 0, output);
    return output;
  }
  const starts = () =>
    Promise.all(
      ["database", "postgres"].map(
        async (name) => (await engine.getContainer(`${stack.prefix}-${name}`).inspect()).State.StartedAt,
      ),
    );

  it("change by one key: the preview shows it and nothing else, no container is replaced, the server obeys", async () => {
    const before = await starts();
    stack.configure({ environment: "dev", files: { postgres: { database: { maxRows: 7 } } } });
    const preview = await succeeds(["preview", "--diff"]);
    const changed = preview
      .split("\n")
      .filter((line) => /^\s*[-+~] /.test(line) && !/[{[]$|: \(update\)$|:\s*$/.test(line));
    assert.ok(
      changed.some((line) => /maxRows\s*: 1000 => 7/.test(line)),
      preview,
    );
    const others = changed.filter(
      (line) => !/maxRows|postgres\.json\s*: "[0-9a-f]{64}"|\d+ to update/.test(line),
    );
    assert.deepEqual(others, [], preview);
    assert.doesNotMatch(preview, /to replace|to create|to delete/);

    await succeeds(["up", "--yes", "--skip-preview"]);
    assert.deepEqual(await starts(), before);
    await succeeds(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
    const { endpoints, caCertificate: ca, apiKeys } = await stack.outputs<Outputs>();
    // A server looks every second whether there are new files.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await withMcpClient({ url: endpoints.postgres, ca, apiKey: apiKeys.default }, async (client) => {
      const sql = "SELECT generate_series(1, 100) AS n";
      const { rows } = await callTool<{ rows: unknown[] }>(client, "execute_query", { sql });
      assert.equal(rows.length, 7);
    });
  });

  it("change by one secret: no preview and no other place shows the old or the new one", async () => {
    const old = await generatedSecrets(stack);
    const { stdout } = await stack.pulumi(["stack", "export"]);
    const { deployment } = JSON.parse(stdout) as { deployment: { resources: { urn: string }[] } };
    const jwt = deployment.resources.find(({ urn }) => /RandomPassword::tools-jwt-/.test(urn));
    assert.ok(jwt, "the secret of .env that is made anew here");
    const preview = await succeeds(["preview", "--diff", "--replace", jwt.urn]);
    assert.match(preview, /fillings\s*: \[secret\]/);
    const up = await succeeds(["up", "--yes", "--diff", "--replace", jwt.urn]);
    const secrets = [...new Set([...old, ...(await generatedSecrets(stack))])];
    assert.ok(secrets.length > old.length, "there is a new secret");
    assert.deepEqual(leaks({ ...(await collectSinks(stack)), preview, up }, secrets), []);
  });

  it("refuse a key that follows from a setting, and name the setting", async () => {
    stack.configure({ environment: "dev", files: { postgres: { database: { pool: { max: 99 } } } } });
    const { code, output } = await stack.pulumi(["preview"]);
    stack.configure({ environment: "dev" });
    assert.notEqual(code, 0);
    assert.match(output, /SETTINGS_DERIVED.*postgres\.maxConnections/s);
  });
});
