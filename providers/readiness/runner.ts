import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import { Fault } from "#model/fault.ts";
import { databaseName } from "#model/names.ts";
import { foreign, instanceOfDatabase } from "#providers/baseline/instance.ts";
import { newClient } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";
import { classify, loginFault } from "./failure.ts";
import type { LoginFailure } from "./failure.ts";

export interface ReadinessInputs {
  readonly host: string;
  readonly port: number;
  /** The superuser; the login is to the database `postgres`, which every cluster has. */
  readonly user: string;
  readonly password: string;
  /** PEM bundle that must have signed the server's certificate. */
  readonly ca: string;
  /** With another container the wait is repeated. */
  readonly containerId: string;
  /** Id of the data volume: with another one the cluster's identity is not known before it runs. */
  readonly volumeId?: string;
  /** Random id of the stack instance; a cluster that says it is another one's is refused. */
  readonly instance?: string;
  /** Longest wait for a login. */
  readonly timeoutSeconds: number;
}

/** How Pulumi writes a value that a preview does not know yet. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const pollMilliseconds = 100;

/** What waiting cannot mend, unless it is a moment of a reload. */
const patienceSeconds: Partial<Record<LoginFailure, number>> = {
  password: 2,
  certificate: 2,
  other: 2,
  host: 0,
};

/**
 * Waits for a TLS login as superuser.
 *
 * @returns the cluster's system identifier, which initdb made and which lives as long as the data.
 * @throws Fault DATABASE_UNREACHABLE at once where waiting cannot help, FOREIGN_OBJECT for another stack's cluster.
 */
export async function waitUntilReady(inputs: ReadinessInputs): Promise<string> {
  const connection = connectionOf(inputs);
  const started = performance.now();
  for (;;) {
    try {
      return await identify(connection, inputs.instance);
    } catch (error) {
      if (error instanceof Fault) throw error;
      const failure = classify(error);
      const patience = patienceSeconds[failure] ?? inputs.timeoutSeconds;
      if (performance.now() - started >= Math.min(patience, inputs.timeoutSeconds) * 1000) {
        throw loginFault(connection, error, failure === "starting" ? inputs.timeoutSeconds : undefined);
      }
      await sleep(pollMilliseconds);
    }
  }
}

async function identify(connection: Connection, instance: string | undefined): Promise<string> {
  const client = newClient(connection, { step: "readiness", connectSeconds: 5 });
  client.on("error", () => {});
  try {
    await client.connect();
    if (instance !== undefined) await refuseOther(client, instance);
    const { rows } = await client.query<{ id: string }>(
      "SELECT system_identifier::text AS id FROM pg_control_system()",
    );
    return rows[0]!.id;
  } finally {
    // The end of a session that never began is not awaited: the socket may hang as long as the server.
    void client.end().catch(() => {});
  }
}

async function refuseOther(client: Client, instance: string): Promise<void> {
  const found = await instanceOfDatabase(client, databaseName);
  if (found !== undefined && found !== instance) {
    throw foreign(instance, `belongs to stack instance ${found}`);
  }
}

/**
 * What has to be done. The identity is the resource's id, which a preview knows unless it is replaced: a new
 * container on the same data is an update, and nothing that depends on the identity appears as changing.
 */
export async function changes(
  id: string,
  olds: ReadinessInputs,
  news: ReadinessInputs,
): Promise<{ changes: boolean; replaces?: string[] }> {
  if (olds.volumeId !== news.volumeId) return { changes: true, replaces: ["volumeId"] };
  if (Object.values(news).includes(unknownValue)) return { changes: true };
  const moved = olds.containerId !== news.containerId;
  const identity = await identityNow(news, moved ? containerStartSeconds : 0);
  if (identity !== undefined && identity !== id) return { changes: true, replaces: ["containerId"] };
  const keys = ["host", "port", "user", "password", "ca", "containerId", "instance"] as const;
  return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
}

/** A volume that was lost comes back under its name, so only the server can say whether the data is another. */
const containerStartSeconds = 30;

/** Undefined where the server does not answer within `seconds`: then the step that follows tells why. */
export async function identityNow(inputs: ReadinessInputs, seconds: number): Promise<string | undefined> {
  try {
    return await (seconds === 0
      ? identify(connectionOf(inputs), undefined)
      : waitUntilReady({ ...inputs, timeoutSeconds: Math.min(seconds, inputs.timeoutSeconds) }));
  } catch (error) {
    if (error instanceof Fault && error.code === "FOREIGN_OBJECT") throw error;
    return undefined;
  }
}

function connectionOf(inputs: ReadinessInputs): Connection {
  const { host, port, user, password, ca } = inputs;
  return { host, port, database: "postgres", user, password, ca };
}
