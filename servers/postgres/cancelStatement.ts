import { Connection } from "pg";
import type { Pool, PoolClient } from "pg";

const limitMilliseconds = 1000;

/**
 * Asks PostgreSQL, over a connection of its own, to end what `client` is running. Resolves when the request
 * was taken or after a second; the statement may have ended by itself meanwhile, so the session must not be
 * used for anything else afterwards.
 */
export async function cancelStatement(pool: Pool, client: PoolClient): Promise<void> {
  const { host, port, ssl } = pool.options;
  const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: unknown };
  if (processID === null || host === undefined || port === undefined) return;
  const options = { ssl } as ConstructorParameters<typeof Connection>[0];
  const connection: CancelWire = Object(new Connection(options));
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, limitMilliseconds).unref();
    connection.on("connect", () => connection.requestSsl());
    connection.on("sslconnect", () => connection.cancel(processID, secretKey));
    connection.on("error", () => resolve());
    // PostgreSQL answers a cancel request by closing the connection.
    connection.on("end", () => {
      clearTimeout(timer);
      resolve();
    });
    connection.connect(port, host);
  });
  connection.stream.destroy();
}

/** The parts of pg's connection that its types leave out. */
interface CancelWire {
  readonly stream: { destroy(): void };
  on(event: "connect" | "sslconnect" | "error" | "end", listener: () => void): void;
  connect(port: number, host: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: unknown): void;
}
