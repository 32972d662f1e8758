import assert from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import { callTool, connectClient } from "./request.ts";
import type { ToolAnswer } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess, StartOptions } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

/** Enough numbers for words to keep apart; a stage's own column has 8. */
export const dimension = 256;

export interface Memory {
  readonly memory_id: string;
  readonly content: string;
  readonly tags: string[];
  readonly metadata: Record<string, unknown>;
  readonly own: boolean;
  readonly shared: boolean;
  readonly expires_at: string | null;
  readonly similarity?: number;
}

export type ClientName = "default" | "second" | "admin" | "reader";

/** A memory server on a database of its own, with clients that call its tools. */
export interface MemoryStage {
  readonly stage: ReadyStage;
  readonly server: ServerProcess;
  client(as: ClientName): Client;
  call(name: string, args: object, as?: ClientName): Promise<ToolAnswer>;
  /** The structured answer of a call that must succeed. */
  ok(name: string, args: object, as?: ClientName): Promise<Record<string, unknown>>;
  /** The text of a call that must fail. */
  refused(name: string, args: object, as?: ClientName): Promise<string>;
  /** Memories of a searching call. */
  found(name: string, args: object, as?: ClientName): Promise<Memory[]>;
  /** Delivers files with these keys of memory.json, and secrets, and waits until they are in force. */
  deliver(keys: object, secrets?: Readonly<Record<string, string>>): Promise<void>;
  /** Makes a round due, so that it runs when the next files are delivered. */
  makeDue(round: string): Promise<void>;
  sql<R extends object>(text: string, values?: unknown[]): Promise<R[]>;
  end(): Promise<void>;
}

export async function memoryStage(
  options: StartOptions = {},
  embeddingDimension = dimension,
): Promise<MemoryStage> {
  const stage = await readyStage();
  await stage.asSuperuser((session) =>
    session.query(`SELECT mcp.set_embedding_dimension(${embeddingDimension})`),
  );
  const server = await startServer(stage, {
    server: "memory",
    facts: { embeddingDimension },
    ...options,
  });
  const connected = new Map<ClientName, { client: Client; close: () => Promise<void> }>();
  for (const name of ["default", "second", "admin", "reader"] as const) {
    connected.set(name, await connectClient(server, stage.keys[name]));
  }
  const call: MemoryStage["call"] = (name, args, as = "default") =>
    callTool(connected.get(as)!.client, name, args as Record<string, unknown>);
  const ok: MemoryStage["ok"] = async (name, args, as) => {
    const answer = await call(name, args, as);
    assert.equal(answer.failed, false, answer.text);
    return answer.structured;
  };
  const sql: MemoryStage["sql"] = async <R extends object>(text: string, values: unknown[] = []) =>
    (await stage.asSuperuser((session) => session.query(text, values))).rows as R[];
  return {
    stage,
    server,
    client: (as) => connected.get(as)!.client,
    call,
    ok,
    async refused(name, args, as) {
      const answer = await call(name, args, as);
      assert.equal(answer.failed, true, `${name} ${JSON.stringify(args).slice(0, 200)} was not refused`);
      return answer.text;
    },
    found: async (name, args, as) => (await ok(name, args, as))["memories"] as Memory[],
    async deliver(keys, secrets = {}) {
      const before = server.log.length;
      await server.deliver({
        overrides: { memory: keys },
        spoil: (files) => {
          for (const [name, text] of Object.entries(secrets)) files[`secrets/${name}`] = text;
        },
      });
      await server.line("files in force", before);
    },
    makeDue: async (round) => {
      await sql("UPDATE mcp.memory_rounds SET started_at = '-infinity' WHERE round = $1", [round]);
    },
    sql,
    async end() {
      await Promise.all([...connected.values()].map(({ close }) => close()));
      await server.end();
      await stage.stop();
    },
  };
}

/** Asks again until it holds, twenty seconds at most. */
export async function eventually(check: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`never happened: ${what}`);
}
