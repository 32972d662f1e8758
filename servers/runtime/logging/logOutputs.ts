import type { DestinationStream } from "pino";
import { byteCount } from "#model/files/schema/units.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import { stateFolder } from "#servers/runtime/stateFolder.ts";
import { RotatingFile } from "./rotatingFile.ts";
import { Sink } from "./sink.ts";
import type { SinkCondition } from "./sink.ts";

export interface LogCondition {
  /** Files that cannot be written now, with the code of the error. */
  readonly unwritable: readonly { readonly path: string; readonly problem: string }[];
  /** Lines that are in no file, since the start. */
  readonly unwritten: number;
  readonly sinks: readonly SinkCondition[];
}

/** Where log lines go. */
export interface LogOutputs extends DestinationStream {
  /** Obeys other files from now on. */
  apply(loaded: Loaded): void;
  condition(): LogCondition;
  /** Delivers what waits, for a second at most. */
  close(): Promise<void>;
}

const closeMilliseconds = 1000;

/**
 * Log lines go to stdout, to the server's own file and to the sinks. What the own file cannot take goes to the file
 * that all servers' settings name (`mcp.log`); what neither can take is on stdout only, is counted, and said once.
 *
 * @param state folder that the server keeps
 * @param stdout takes a line before it returns
 */
export function openLogOutputs(server: string, state: string, stdout: DestinationStream): LogOutputs {
  let console = true;
  /** The server's own, then the common one. */
  let files: readonly RotatingFile[] = [];
  let sinks: readonly Sink[] = [];
  let unwritten = 0;
  let broken = false;

  const say = (level: string, msg: string, more: object): void => {
    stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), server, ...more, msg })}\n`);
  };
  const toFile = (line: string): void => {
    const [own] = files;
    if (own === undefined) return;
    const taken = files.some((file) => file.write(line));
    if (!taken) unwritten += 1;
    const { problem } = own;
    if (problem !== undefined && !broken) {
      say("error", "log file cannot be written; it is tried again", { file: own.path, code: problem });
    }
    if (problem === undefined && broken)
      say("info", "log file is written again", { file: own.path, unwritten });
    broken = problem !== undefined;
  };
  return {
    write(line) {
      if (console) stdout.write(line);
      toFile(line);
      for (const sink of sinks) sink.write(line);
    },
    apply(loaded) {
      ({ console } = loaded.logging);
      files = renewFiles(files, filesOf(loaded, state));
      sinks = renewSinks(sinks, loaded);
    },
    condition: () => ({
      unwritable: files.flatMap(({ path, problem }) => (problem === undefined ? [] : [{ path, problem }])),
      unwritten,
      sinks: sinks.map(({ condition }) => condition),
    }),
    async close() {
      await Promise.all([
        ...sinks.map((sink) => sink.close(closeMilliseconds)),
        ...files.map((file) => file.close()),
      ]);
    },
  };
}

/** `logging` of the server's own file wins over `logging.json`, which has the limits of the common one. */
function filesOf({ config, logging }: Loaded, state: string): RotatingFile[] {
  if (!logging.file.enabled) return [];
  const own = config.logging;
  const limits = (from: { maxSize: string; maxFiles: number; compress: boolean }) => ({
    maxSize: byteCount(from.maxSize) ?? 0,
    maxFiles: from.maxFiles,
    compress: from.compress,
  });
  const ownLimits = limits({
    maxSize: config.logging.maxSize ?? logging.maxSize,
    maxFiles: config.logging.maxFiles ?? logging.maxFiles,
    compress: config.logging.compress ?? logging.compress,
  });
  const path = stateFolder(state, own.file);
  const common = stateFolder(state, `${logging.file.path}/${logging.file.filename}`);
  const files = [new RotatingFile(path, ownLimits)];
  return common === path ? files : [...files, new RotatingFile(common, limits(logging))];
}

/** A file that is named as before goes on, under the limits of now. */
function renewFiles(before: readonly RotatingFile[], wanted: readonly RotatingFile[]): RotatingFile[] {
  const kept = wanted.map((file) => {
    const known = before.find(({ path }) => path === file.path);
    known?.limit(file.limits);
    return known ?? file;
  });
  for (const file of before) if (!kept.includes(file)) void file.close();
  return kept;
}

function renewSinks(before: readonly Sink[], { sinks }: Loaded): Sink[] {
  const kept = sinks.map(
    (options) =>
      before.find((sink) => JSON.stringify(sink.options) === JSON.stringify(options)) ?? new Sink(options),
  );
  for (const sink of before) if (!kept.includes(sink)) void sink.close(closeMilliseconds);
  return kept;
}
