import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { withMcpClient } from "#gate/mcpClient.ts";
import { callTool } from "./callTool.ts";
import { repository, run, TestStack } from "./stack.ts";

// What scripts find in .env, used as scripts use it: in the tools container, by bash and psql.
describe("the environment of scripts beside a stack", function () {
  this.timeout(900_000);
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.create();
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
  });
  after(() => stack.remove());

  const bash = (script: string) =>
    run(process.execPath, ["scripts/tools.ts", "--stack", stack.name, "bash", "-c", script], {
      env: stack.env,
    });
  const environment = ". /etc/kilocode/mcp/.env";

  it("has what the specification's script asks for", async () => {
    const script = readFileSync(`${repository}/test/e2e/specification/1.2-environment.sh`, "utf8");
    const { code, output } = await bash(script);
    assert.equal(code, 0, output);
    const found = [...output.matchAll(/✓ (\w+) is set/g)].map(([, name]) => name);
    assert.deepEqual(found, [
      "KILOCODE_ENV",
      "KILOCODE_PROJECT_PATH",
      "DATABASE_URL",
      "MCP_MEMORY_VECTOR_DB_PATH",
      "JWT_SECRET",
      "API_KEY",
    ]);
  });

  it("reaches the database by DATABASE_URL", async () => {
    const { code, output } = await bash(`${environment}; psql "$DATABASE_URL" -Atc "SELECT current_user"`);
    assert.deepEqual([code, output.trim()], [0, "app_user_1"]);
  });

  it("reaches the database by DATABASE_HOST, PORT, NAME, USER, PASSWORD and SSL_MODE", async () => {
    const login = "host=$DATABASE_HOST port=$DATABASE_PORT dbname=$DATABASE_NAME user=$DATABASE_USER";
    const ask = (more: string, password: string) =>
      bash(
        `${environment}; PGPASSWORD=${password} psql "${login} sslmode=$DATABASE_SSL_MODE ${more}" -Atc "SELECT current_database() || ' ' || current_user"`,
      );
    const { code, output } = await ask("", "$DATABASE_PASSWORD");
    assert.deepEqual([code, output.trim()], [0, "mcp_db app_user_1"]);
    const wrong = await ask("", "wrong");
    assert.match(wrong.output, /password authentication failed/);
    const unknown = await ask("sslrootcert=/etc/hostname", "$DATABASE_PASSWORD");
    assert.notEqual(unknown.code, 0, "DATABASE_SSL_MODE checks the certificate");
  });

  it("reaches a server by API_KEY, as a client that may read", async () => {
    const { stdout } = await bash(`${environment}; printf %s "$API_KEY"`);
    const { endpoints, caCertificate } = await stack.outputs<{
      endpoints: { postgres: string };
      caCertificate: string;
    }>();
    const target = { url: endpoints.postgres, ca: caCertificate, apiKey: stdout };
    const rows = await withMcpClient(target, (client) =>
      callTool(client, "execute_query", { sql: "SELECT 1 AS one" }),
    );
    assert.match(JSON.stringify(rows), /"one":1/);
  });
});
