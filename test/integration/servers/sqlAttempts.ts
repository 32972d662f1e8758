import { readFileSync } from "node:fs";
import { Client } from "pg";
import { systemFunctions } from "#model/access/system.ts";
import { databaseName } from "#model/names.ts";
import type { Login } from "#test/integration/access/stage.ts";
import { differing, footprint } from "./footprint.ts";
import type { ReadyStage } from "./stage.ts";

/** One way to write, escape, or read what is secret; a line of a corpus. */
export interface Attempt {
  readonly name: string;
  readonly sql: string;
  /** Where the refusal must be this one. */
  readonly sqlstate?: string;
}

export function readCorpus(file: string): readonly Attempt[] {
  const text = readFileSync(new URL(`../../corpus/${file}`, import.meta.url), "utf8");
  return (JSON.parse(text) as { attempts: Attempt[] }).attempts;
}

/** Attempts between two footprints, which take longer than an attempt. */
const together = 15;

/**
 * Makes attempts one after the other, and says which had an effect: what `make` answers of it, or what of the database
 * is no longer as it was.
 */
export async function escapesAmong(
  attempts: readonly Attempt[],
  superuser: Client,
  make: (attempt: Attempt) => Promise<string | undefined>,
): Promise<string[]> {
  const escapes: string[] = [];
  let before = await footprint(superuser);
  for (let at = 0; at < attempts.length; at += together) {
    const some = attempts.slice(at, at + together);
    for (const attempt of some) {
      const seen = await make(attempt);
      if (seen !== undefined) escapes.push(`${attempt.name}: ${seen}`);
    }
    const after = await footprint(superuser);
    const changed = differing(before, after);
    if (changed.length > 0)
      escapes.push(`${changed.join()}: by one of ${some.map(({ name }) => name).join("; ")}`);
    before = after;
  }
  return escapes;
}

/** Stand in the places that nobody may read; found in an answer, they betray a leak. */
export const canaries = {
  passwordHash: "canary-password-hash",
  keyHash: "canary-key-hash",
  othersSql: "canary-others-sql",
  verifier: "SCRAM-SHA-256$",
  systemFile: "root:x:0:0",
};

export async function plantCanaries(stage: ReadyStage): Promise<void> {
  await stage.asSuperuser(async (client) => {
    await client.query(
      `INSERT INTO mcp.users (username, email, password_hash) VALUES ('owner', 'o@x.invalid', $1)`,
      [canaries.passwordHash],
    );
    await client.query(
      `INSERT INTO mcp.api_keys (key_id, key_prefix, key_hash, name) VALUES ('c', 'c', $1, 'c')`,
      [canaries.keyHash],
    );
  });
}

export function toldCanary(answer: string): boolean {
  return Object.values(canaries).some((canary) => answer.includes(canary));
}

/** A session of a login beside those of the server. */
export async function sessionOf(stage: ReadyStage, login: Login, name: string): Promise<Client> {
  const { user, password } = stage.login(login);
  const { host, port, ca } = stage.superuser();
  const session = new Client({
    host,
    port,
    user,
    password,
    database: databaseName,
    application_name: name,
    ssl: { ca, servername: "localhost" },
  });
  session.on("error", () => {});
  await session.connect();
  return session;
}

/** Another session in the middle of a statement. */
export async function bystander(stage: ReadyStage, login: Login): Promise<Client> {
  const session = await sessionOf(stage, login, "bystander");
  session.query(`SELECT pg_sleep(600) /* ${canaries.othersSql} */`).catch(() => {});
  return session;
}

/** Gives PUBLIC back what the baseline takes: the ground on which a control shows effects. */
export async function undoRevokes(superuser: Client): Promise<void> {
  await superuser.query(`GRANT TEMPORARY ON DATABASE ${databaseName} TO PUBLIC`);
  await superuser.query("GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC");
  const { rows } = await superuser.query<{ name: string }>(
    "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY ($1)",
    [systemFunctions.flatMap(({ names }) => names)],
  );
  for (const { name } of rows) await superuser.query(`GRANT EXECUTE ON FUNCTION ${name} TO PUBLIC`);
}
