import { schemaName } from "#model/names.ts";
import type { Answer, Question } from "#servers/runtime/keyVerifier.ts";
import type { ServiceDatabase } from "#servers/runtime/serviceDatabase.ts";

interface CallerRow {
  readonly client: string;
  readonly role: string;
  readonly servers: readonly string[] | null;
  readonly key_name: string;
}

/** What became of a refresh token. */
export type Exchange =
  | {
      readonly outcome: "exchanged" | "early" | "reused" | "ended";
      readonly family: string;
      readonly endsAt: Date;
      /** Undefined when key or account are not valid any more. */
      readonly caller: Answer["caller"] | undefined;
      /** Seconds, for `early`. */
      readonly wait: number;
    }
  | { readonly outcome: "unknown" };

/** The functions of migration 0011, by the server's own login. All throw when the database does not answer. */
export class AccessDatabase {
  readonly #database: Pick<ServiceDatabase, "rows">;

  constructor(database: Pick<ServiceDatabase, "rows">) {
    this.#database = database;
  }

  async find(question: Question): Promise<Answer | undefined> {
    const values =
      "keyHash" in question
        ? [question.keyHash, null, null]
        : [null, question.keyId, question.family ?? null];
    const [row] = await this.#database.rows<CallerRow & { valid_until: Date | null }>({
      name: "find_caller",
      text: `SELECT client, role, servers, key_name, valid_until FROM ${schemaName}.find_caller($1, $2, $3)`,
      values,
    });
    if (!row) return undefined;
    const family = "family" in question ? question.family : undefined;
    const caller = { ...callerOf(row), ...(family !== undefined && { family }) };
    return { caller, ...(row.valid_until && { validUntil: row.valid_until.getTime() }) };
  }

  /** Changes with every change of keys and accounts. */
  async version(): Promise<string> {
    const [row] = await this.#database.rows<{ version: string }>({
      name: "access_version",
      text: `SELECT ${schemaName}.access_version() AS version`,
    });
    return row?.version ?? "";
  }

  async noteUse(uses: ReadonlyMap<string, number>, families: readonly string[]): Promise<void> {
    await this.#database.rows({
      name: "note_access",
      text: `SELECT ${schemaName}.note_access($1, $2, $3)`,
      values: [[...uses.keys()], [...uses.values()], families],
    });
  }

  /** Undefined when the key is not valid any more. @param lifetime seconds */
  async startFamily(
    keyId: string,
    tokenHash: string,
    lifetime: number,
  ): Promise<{ readonly family: string; readonly endsAt: Date } | undefined> {
    const [row] = await this.#database.rows<{ family: string; ends_at: Date }>({
      text: `SELECT family, ends_at FROM ${schemaName}.start_token_family($1, $2, $3)`,
      values: [keyId, tokenHash, lifetime],
    });
    return row && { family: row.family, endsAt: row.ends_at };
  }

  /** @param idle @param earliest seconds, as `session.timeout` and `refreshInterval` */
  async exchange(tokenHash: string, nextHash: string, idle: number, earliest: number): Promise<Exchange> {
    const [row] = await this.#database.rows<
      { outcome: Exchange["outcome"]; family: string; ends_at: Date; wait: number | null } & {
        [K in keyof CallerRow]: CallerRow[K] | null;
      }
    >({
      text: `SELECT * FROM ${schemaName}.exchange_refresh_token($1, $2, $3, $4)`,
      values: [tokenHash, nextHash, idle, earliest],
    });
    if (!row || row.outcome === "unknown") return { outcome: "unknown" };
    const { outcome, family, ends_at: endsAt, wait } = row;
    const caller = row.client === null ? undefined : { ...callerOf(row as CallerRow), family };
    return { outcome, family, endsAt, caller, wait: wait ?? 0 };
  }
}

function callerOf({ client, role, servers, key_name: keyId }: CallerRow): Answer["caller"] {
  return { client, role, servers: servers ?? [], keyId };
}
