import { randomBytes } from "node:crypto";
import { callTool, connectClient, post, request } from "#test/integration/servers/request.ts";
import type { Answer, ToolAnswer } from "#test/integration/servers/request.ts";
import type { ServerProcess } from "#test/integration/servers/serverProcess.ts";
import type { ReadyStage } from "#test/integration/servers/stage.ts";

/** What was planted, and what the server said to those whose secret it was not. */
export interface Planted {
  readonly secrets: readonly string[];
  /** Answers that must not repeat what was sent, by what was done. */
  readonly answers: Readonly<Record<string, string>>;
}

/** A text that turns up nowhere by itself. */
export function canary(): string {
  return `canary${randomBytes(12).toString("hex")}`;
}

/**
 * Uses a server in every way in which a secret or a content reaches it: keys and tokens good and bad, bodies that
 * cannot be read, and the contents of memories, files and SQL, in calls that succeed and in calls that fail.
 */
export async function plant(server: ServerProcess, stage: ReadyStage): Promise<Planted> {
  const secrets: string[] = [stage.keys.default];
  const answers: Record<string, string> = {};
  const fresh = (): string => {
    const secret = canary();
    secrets.push(secret);
    return secret;
  };
  const note = (what: string, { status, headers, text }: Answer): void => {
    answers[what] = `${status} ${JSON.stringify([...headers])} ${text}`;
  };

  const wrongKey = `kcp_${randomBytes(16).toString("hex")}`;
  const forged = [`{"alg":"HS256","kid":"1"}`, `{"sub":"${fresh()}"}`]
    .map((part) => Buffer.from(part).toString("base64url"))
    .concat(fresh())
    .join(".");
  secrets.push(wrongKey, forged);
  const list = (headers: Record<string, string>) => post(server, "tools/list", {}, headers);
  note("an unknown key", await list({ "x-api-key": wrongKey }));
  note("a forged token", await list({ authorization: `Bearer ${forged}` }));
  note("a credential of another scheme", await list({ authorization: `Basic ${fresh()}` }));
  note("a key in the address", await request(server, {}, `/mcp?api_key=${fresh()}`));

  const key = { "x-api-key": stage.keys.default };
  const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  note(
    "a body that is no JSON",
    await request(server, { method: "POST", headers: { ...key, ...json }, body: `{"${fresh()}` }),
  );
  await post(server, "tools/call", { name: "execute_query", arguments: fresh() }, key);

  const token = await request(
    server,
    {
      method: "POST",
      headers: { ...key, "content-type": "application/json" },
      body: JSON.stringify({ grant_type: "client_credentials", client_secret: stage.keys.default }),
    },
    "/token",
  );
  if (token.status !== 200) throw new Error(`the token endpoint answered ${token.status}`);
  const { access_token: access, refresh_token: refresh } = JSON.parse(token.text) as Record<string, string>;
  if (!access || !refresh) throw new Error("the token endpoint gave no tokens");
  secrets.push(access, refresh);
  await list({ authorization: `Bearer ${access}` });
  note(
    "a refresh token that is none",
    await request(
      server,
      {
        method: "POST",
        headers: json,
        body: JSON.stringify({ grant_type: "refresh_token", refresh_token: fresh() }),
      },
      "/token",
    ),
  );
  await plantContents(server, stage, fresh);
  return { secrets, answers };
}

/** Contents by the tools that take them; the answers are the caller's own and no leak. */
async function plantContents(server: ServerProcess, stage: ReadyStage, fresh: () => string): Promise<void> {
  const { client, close } = await connectClient(server, stage.keys.default);
  const { tools } = await client.listTools();
  const call = async (name: string, args: Record<string, unknown>): Promise<ToolAnswer | undefined> => {
    if (!tools.some((tool) => tool.name === name)) return undefined;
    return callTool(client, name, args).catch(() => undefined);
  };
  await call("execute_query", { sql: `SELECT '${fresh()}' AS kept` });
  await call("execute_query", { sql: "SELECT $1::text", params: [fresh()] });
  await call("execute_query", { sql: `SELECT '${fresh()}'::integer` });
  await call("execute_query", { sql: "SELECT $1::integer", params: [fresh()] });
  await call("execute_query", { sql: `SELEC ${fresh()}` });
  await call("execute_query", { sql: { not: fresh() } });

  const stored = await call("store_memory", { content: `a memory of ${fresh()}` });
  if (stored?.failed === true) throw new Error(`no memory was stored: ${stored.text}`);
  await call("store_memory", { content: { not: fresh() } });
  await call("retrieve_memory", { query: fresh() });
  await call("recall_memory", { query: `yesterday ${fresh()}` });

  const roots = await call("list_allowed_directories", {});
  const root = roots && /\/\S+/.exec(roots.text)?.[0];
  if (root !== undefined) {
    const path = `${root}/canary.txt`;
    const written = await call("write_file", { path, content: fresh() });
    if (written?.failed === false) {
      await call("edit_file", { path, edits: [{ oldText: fresh(), newText: fresh() }] });
      await call("read_text_file", { path });
    }
    await call("write_file", { path, content: { not: fresh() } });
  }
  await close();
}
