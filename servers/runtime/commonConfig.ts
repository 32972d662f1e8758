import type { AccessFile } from "#model/files/schema/access.ts";
import type { FilesystemFile } from "#model/files/schema/filesystem.ts";
import type { LoggingFile } from "#model/files/schema/logging.ts";
import type { MetricsFile } from "#model/files/schema/metrics.ts";
import type { SslFile } from "#model/files/schema/ssl.ts";
import type { entranceKeys } from "#model/files/schema/sections.ts";

/** What the file of every server has. The schemas, with meanings and defaults, are in `model/files/schema`. */
export type CommonConfig = Pick<FilesystemFile, "server" | "database" | "logging"> & {
  readonly security: Pick<FilesystemFile["security"], keyof typeof entranceKeys | "rateLimit"> &
    Partial<Pick<FilesystemFile["security"], "cors">> & {
      /** Of `compliance.json` alone: false leaves out calls of tools that only read. */
      readonly auditLogging?: boolean;
    };
};

export type AccessConfig = AccessFile["access"];
export type LoggingConfig = LoggingFile["logging"];
export type MetricsConfig = MetricsFile["metrics"];
export type SslConfig = SslFile["ssl"];
