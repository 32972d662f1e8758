import type { z } from "zod";
import {
  bytes,
  file,
  flag,
  integer,
  key,
  milliseconds,
  oneOf,
  section,
  set,
  origin,
  path,
  text,
} from "./fields.ts";
import {
  entranceKeys,
  rateLimitSection,
  serverLoggingSection,
  serverSection,
  serviceDatabaseSection,
} from "./sections.ts";

const methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"] as const;

/** `/etc/kilocode/mcp/filesystem.json` */
export const filesystemFile = file("The filesystem server.", {
  server: serverSection(100),
  filesystem: section("Which files the tools reach.", {
    root: key(
      path(),
      "/opt/kilocode/mcp-servers",
      "Folder against which relative paths are resolved.",
      "path",
    ),
    allowedPaths: key(
      set(path(), 1, 100, "absolute paths"),
      ["/opt/kilocode/mcp-servers", "/tmp"],
      "Folders that the tools may reach, each with what lies below it.",
      "path",
    ),
    maxFileSize: key(bytes("1B", "10GB"), 10_485_760, "Largest file that is read or written.", "bytes"),
    maxDepth: key(integer(1, 100), 10, "Levels that a listing or a search goes down.", "levels"),
    followSymlinks: key(flag(), false, "Whether symbolic links are followed, within the allowed folders."),
    includeHidden: key(flag(), false, "Whether names that begin with a dot are seen."),
    enableWatch: key(flag(), true, "Whether changes of files are noticed."),
    watchInterval: key(milliseconds(100, 3_600_000), 1000, "How often changes are looked for.", "ms"),
  }),
  database: serviceDatabaseSection(),
  security: section("Who may call, from where, how often.", {
    ...entranceKeys,
    rateLimit: rateLimitSection(100),
    cors: section("What a browser is told about calls from web pages.", {
      enabled: key(flag(), true, "Whether CORS headers are sent."),
      origins: key(set(origin(), 0, 100, "origins"), [], "Web pages, by origin, that may call."),
      methods: key(
        set(oneOf(methods), 1, 6, "HTTP methods"),
        ["GET", "POST", "PUT", "DELETE"],
        "Methods that such a page may use.",
      ),
      headers: key(
        set(text(/^[A-Za-z0-9-]{1,64}$/, "names of headers"), 0, 50, "names of headers"),
        ["Content-Type", "Authorization"],
        "Request headers that such a page may send.",
      ),
    }),
  }),
  logging: serverLoggingSection(),
});

export type FilesystemFile = z.output<typeof filesystemFile>;
