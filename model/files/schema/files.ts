import type { z } from "zod";
import { accessFile } from "./access.ts";
import { complianceFile } from "./compliance.ts";
import { envFile } from "./env.ts";
import { filesystemFile } from "./filesystem.ts";
import { loggingFile } from "./logging.ts";
import { mcpFile } from "./mcp.ts";
import { memoryFile } from "./memory.ts";
import { metricsFile } from "./metrics.ts";
import { postgresFile } from "./postgres.ts";
import { sslFile } from "./ssl.ts";

/** The schema of every file, by the name that `files.<name>` of a stack has; in the specification's order. */
export const fileSchemas = {
  mcp: mcpFile,
  env: envFile,
  filesystem: filesystemFile,
  postgres: postgresFile,
  memory: memoryFile,
  compliance: complianceFile,
  ssl: sslFile,
  access: accessFile,
  metrics: metricsFile,
  logging: loggingFile,
} as const;

export type FileKey = keyof typeof fileSchemas;

/** What the files say, checked, in the form in which they are rendered. */
export type FileValues = { [K in FileKey]: z.output<(typeof fileSchemas)[K]> };

export const fileKeys = Object.keys(fileSchemas) as FileKey[];

/** `filesystem` → `filesystem.json`, `env` → `.env`. */
export function fileName(key: FileKey): string {
  return key === "env" ? ".env" : `${key}.json`;
}
