import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";
import type { CommonConfig, LoggingConfig } from "./commonConfig.ts";

export type Log = Logger;

const levels = {
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  ERROR: "error",
  FATAL: "fatal",
} as const;

/** Wherever a field of such a name turns up, its value is not written. Nothing logs headers or bodies on purpose. */
const secretFields = [
  "authorization",
  "cookie",
  "password",
  "secret",
  "token",
  "apiKey",
  "key",
  "headers",
  "body",
  "sql",
  "params",
  "connectionString",
];

/**
 * One JSON object per line: `time` (ISO 8601), `level`, `server`, `msg` and what belongs to the event.
 * @param fields are added to every line, as they are when it is written
 */
export function createLog(
  server: string,
  fields: () => LoggingConfig["fields"],
  destination: DestinationStream,
): Log {
  return pino(
    {
      base: { server },
      mixin: () => ({ ...fields() }),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: "[redacted]",
      },
    },
    destination,
  );
}

/**
 * The same log for lines whose every field is named in our code and cannot be a secret, such as the line of each
 * call: looking for secret fields took as long as writing the line twice (measured).
 */
export function withoutRedaction(log: Log): Log {
  const plain = log.child({}, { redact: [] });
  // A child keeps the level that it was born with, and shares the listeners of its parent.
  log.on("level-change", (level) => {
    if (plain.level !== level) plain.level = level;
  });
  return plain;
}

/** Each line is written before the next statement runs: nothing logged is lost when the process dies. */
export function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: true });
}

/** `logging` of the server's own file wins over `logging.json`. */
export function applyLogLevel(log: Log, config: CommonConfig, logging: LoggingConfig): void {
  const on = logging.enabled && config.logging.enabled !== false;
  const level = config.logging.level ?? config.server.logLevel ?? logging.level;
  log.level = on ? levels[level] : "silent";
}

/** Name and code only: messages of drivers quote what they were given. */
export function describeError(error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? { name: error.name, code } : { name: error.name };
}
