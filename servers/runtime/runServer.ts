import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { DestinationStream } from "pino";
import type { z } from "zod";
import { openAccess } from "./access/access.ts";
import { auditBatch } from "./audit/auditRow.ts";
import { openAuditor } from "./audit/openAuditor.ts";
import type { Auditor } from "./audit/auditor.ts";
import type { CommonConfig } from "./commonConfig.ts";
import { prepareDrain } from "./drain.ts";
import { FileRefused } from "./fileRefused.ts";
import { applyLimits, createHttpServer } from "./httpServer.ts";
import { loadConfig } from "./loadConfig.ts";
import type { Loaded } from "./loadConfig.ts";
import { applyLogLevel, createLog, standardOutput } from "./log.ts";
import type { Log } from "./log.ts";
import { openLogOutputs } from "./logging/logOutputs.ts";
import { keepMaintained } from "./maintenance.ts";
import { createHandler } from "./mcpHandler.ts";
import type { McpMount } from "./mcpHandler.ts";
import { observe } from "./observe/observation.ts";
import { openServiceDatabase } from "./serviceDatabase.ts";
import type { AnyTool } from "./tool.ts";
import { watchFiles } from "./watchFiles.ts";

/** What the runtime gives to a server. */
export interface ServerContext {
  readonly log: Log;
  /** Folder that only this server writes, on a volume: `/var/lib/kilocode` in a container. */
  readonly state: string;
}

/** What one server adds to the runtime. */
export interface ServerDefinition<C extends CommonConfig> {
  readonly name: string;
  /** Told to the model that uses the tools. */
  readonly instructions: string;
  readonly schema: z.ZodType<C>;
  /** Reads further secrets of a version and refuses what the schema cannot see; called before anything changes. */
  prepare(loaded: Loaded<C>, context: ServerContext): Promise<PreparedParts>;
}

export interface PreparedParts {
  /** Puts this version into force. The first call opens what the tools need. */
  activate(previous: ServerParts | undefined): ServerParts;
}

export interface ServerParts {
  readonly tools: readonly AnyTool[];
  /**
   * Values of the collector `business`, by their names in `collectedMetrics`. What is asked of PostgreSQL is counted
   * where pools are opened.
   */
  measure?(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export interface RunOptions {
  /** Mount point of the files; `/etc/kilocode` in a container. */
  readonly files: string;
  /** What the server keeps; `/var/lib/kilocode` in a container. */
  readonly state: string;
  readonly version: string;
  /** Most bytes of records that the database does not have yet; default 64 MiB. */
  readonly auditCapacityBytes?: number;
  /** Where log lines go; default stdout. */
  readonly logTo?: DestinationStream;
  /** Default: the server's tools alone, stateless, both protocol eras. */
  readonly mount?: McpMount;
}

export interface RunningServer {
  readonly port: number;
  /** Ends within 10 s: no new connections, requests under way are answered. */
  stop(): Promise<void>;
}

/** A container's engine kills ten seconds after SIGTERM; what follows the drain needs a little of them. */
const drainMilliseconds = 7500;
/** What is not in the database by then stays on disk until the next start. */
const auditMilliseconds = 1000;

/**
 * Starts a server from its files and keeps obeying them.
 *
 * @throws FileRefused when the files cannot be worked with at the start; later versions of them that cannot
 *   are refused and the ones in force stay.
 */
export async function runServer<C extends CommonConfig>(
  definition: ServerDefinition<C>,
  options: RunOptions,
): Promise<RunningServer> {
  let loaded = await loadConfig(options.files, definition.name, definition.schema);
  const outputs = openLogOutputs(definition.name, options.state, options.logTo ?? standardOutput());
  outputs.apply(loaded);
  const log = createLog(definition.name, () => loaded.logging.fields, outputs);
  const context = { log, state: options.state };
  let parts = (await definition.prepare(loaded, context)).activate(undefined);
  announce(log, loaded);

  const database = openServiceDatabase(definition.name, loaded);
  const auditor = openSpool(definition.name, options, (rows) => database.record(auditBatch(rows)), log);
  const access = openAccess(definition.name, database, () => loaded, log, auditor);
  const observation = observe({
    server: definition.name,
    version: options.version,
    state: options.state,
    database,
    access,
    log,
    outputs,
    current: () => loaded,
    measure: async () => (await parts.measure?.()) ?? {},
    spool: () => auditor.status(),
  });
  const handler = createHandler({
    server: definition.name,
    version: options.version,
    instructions: definition.instructions,
    tools: () => parts.tools,
    log,
    auditor,
    meter: observation.meter,
    current: () => loaded,
    mount: options.mount,
  });
  const http = createHttpServer({
    current: () => loaded,
    access,
    handler,
    log,
    auditor,
  });
  const drain = prepareDrain(http);
  observation.watch(http);
  const unmaintain = keepMaintained(definition.name, () => loaded, log);
  const reload = async (): Promise<void> => {
    try {
      const next = await loadConfig(options.files, definition.name, definition.schema);
      const prepared = await definition.prepare(next, context);
      loaded = next;
      parts = prepared.activate(parts);
      outputs.apply(next);
      database.reload(next);
      applyLimits(http, next);
      handler.notify.toolsChanged();
      announce(log, next);
      await observation.filesInForce();
    } catch (error) {
      const problem = error instanceof FileRefused ? error.message : "unexpected failure";
      observation.filesRefused(problem);
      log.error({ problem, err: error }, "new files refused; the ones in force stay");
    }
  };
  const unwatch = watchFiles(options.files, loaded.files.id, reload);

  await observation.filesInForce();
  http.listen(loaded.config.server.port, loaded.config.server.host);
  await once(http, "listening");
  const { port, address } = http.address() as AddressInfo;
  log.info({ address, port }, "listening");
  return {
    port,
    async stop() {
      unwatch();
      unmaintain();
      log.info("stopping");
      const cut = await drain.end(drainMilliseconds);
      await handler.close();
      await Promise.all([observation.end(), access.close()]);
      await Promise.all([parts.close(), auditor.close(auditMilliseconds)]);
      await database.close();
      log.info({ requestsCutOff: cut }, "stopped");
      await outputs.close();
    },
  };
}

function openSpool(
  server: string,
  { state, auditCapacityBytes: capacityBytes }: RunOptions,
  deliver: (rows: string) => Promise<void>,
  log: Log,
): Auditor {
  const folder = `${state}/spool/audit`;
  try {
    return openAuditor({
      server,
      folder,
      deliver,
      log,
      ...(capacityBytes !== undefined && { capacityBytes }),
    });
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new FileRefused(folder, `calls cannot be recorded there (${String(code)})`);
  }
}

function announce(log: Log, { config, logging, access, files }: Loaded): void {
  applyLogLevel(log, config, logging);
  log.info({ files: files.id.split("/").at(-1) }, "files in force");
  if (!access.authentication.enabled || !config.security.enableAuthentication) {
    log.warn("authentication is off: everybody who reaches this port may use the tools");
  }
}
