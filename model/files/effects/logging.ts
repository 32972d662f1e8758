import { each, effective, planned, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { proofs } from "./proofs.ts";

const fields = "loaded.logging.fields";

/** `logging.json` */
export const loggingEffects: Effects = {
  "/logging/enabled": effective("servers/runtime/log.ts", "logging.enabled", proofs.allLogs),
  "/logging/level": effective("model/files/serverOrigins.ts", '"level"', proofs.sharedDefaults),
  "/logging/format": effective("servers/runtime/log.ts", "pino(", proofs.logLines),
  ...each(planned(parts.logFiles), ["directory", "maxSize", "maxFiles", "compress"], "/logging/"),
  "/logging/console": planned(parts.logFiles),
  ...each(planned(parts.logFiles), ["enabled", "filename", "path"], "/logging/file/"),
  ...each(planned(parts.logSinks), ["enabled", "host", "port", "facility", "protocol"], "/logging/syslog/"),
  ...each(
    planned(parts.logSinks),
    ["enabled", "host", "port", "index", "ssl/enabled", "ssl/caCert"],
    "/logging/logstash/",
  ),
  ...each(
    planned(parts.logSinks),
    ["enabled", "hosts", "index", "auth/username", "auth/password"],
    "/logging/elasticsearch/",
  ),
  ...each(
    effective("servers/runtime/runServer.ts", fields, proofs.logFields),
    ["service", "environment", "version"],
    "/logging/fields/",
  ),
};
