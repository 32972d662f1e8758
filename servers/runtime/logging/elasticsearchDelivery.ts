import { EventEmitter, once } from "node:events";
import type { Writable } from "node:stream";
import { Client } from "@elastic/elasticsearch";
import transport from "pino-elasticsearch";
import { stalledMilliseconds } from "./delivery.ts";
import type { Delivery } from "./delivery.ts";
import type { SinkOptions } from "./sinkOptions.ts";

/** The transport, whose types leave out the client that it may be given. */
const openTransport = transport as unknown as (options: object, parts: { Client: unknown }) => Writable;

/** What the transport says of a stream of lines when all of them are through. */
interface BulkStats {
  readonly failed: number;
}

/**
 * Bulk requests. The transport is given one stream per batch, so that each batch is acknowledged; left alone it
 * says how many documents arrived only at the end of the process.
 */
export function openElasticsearch(options: SinkOptions & { kind: "elasticsearch" }): Delivery {
  const { nodes, index, username, password, ca } = options;
  const client = new Client({
    nodes: [...nodes],
    auth: { username, password },
    tls: { ca: [...ca] },
    requestTimeout: stalledMilliseconds,
    maxRetries: 2,
  });
  /** The one client behind each stream; the transport would make one of its own for each. */
  function OneClient(): object {
    return {
      diagnostic: new EventEmitter(),
      connectionPool: {},
      helpers: {
        // Making documents searchable at once costs the cluster more than the batch itself.
        bulk: (bulk: object) => client.helpers.bulk({ ...bulk, refreshOnCompletion: false } as never),
      },
    };
  }
  return {
    async send(lines) {
      const form = { index, esVersion: 8, opType: "create", flushBytes: 5_000_000 };
      const stream = openTransport(form, { Client: OneClient });
      const inserted = once(stream, "insert") as Promise<[BulkStats]>;
      for (const line of lines) stream.write(line);
      stream.end();
      const [{ failed }] = await inserted;
      return failed;
    },
    close: () => void client.close(),
  };
}
