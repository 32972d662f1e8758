import { each, effective, type Effects } from "./effect.ts";
import { proofs as shared } from "./proofs.ts";
import { proofs as observed } from "./proofs/observe.ts";

const proofs = { ...shared, ...observed };
const outputs = "servers/runtime/logging/logOutputs.ts";
const sinks = "servers/runtime/logging/sinkOptions.ts";
const fields = "loaded.logging.fields";

/** `logging.json` */
export const loggingEffects: Effects = {
  "/logging/enabled": effective("servers/runtime/log.ts", "logging.enabled", proofs.allLogs),
  "/logging/level": effective("model/files/serverOrigins.ts", '"level"', proofs.sharedDefaults),
  "/logging/format": effective("servers/runtime/log.ts", "pino(", proofs.logLines),
  "/logging/directory": effective(
    "model/files/serverOrigins.ts",
    'copy(server, "/logging/file", "logging", "/logging/directory")',
    proofs.logFolder,
  ),
  ...each(
    effective(outputs, "limits(logging)", proofs.commonFile),
    ["maxSize", "maxFiles", "compress"],
    "/logging/",
  ),
  "/logging/console": effective(outputs, "{ console } = loaded.logging", proofs.console),
  "/logging/file/enabled": effective(outputs, "logging.file.enabled", proofs.files),
  "/logging/file/filename": effective(outputs, "logging.file.filename", proofs.commonFile),
  "/logging/file/path": effective(outputs, "logging.file.path", proofs.commonFile),
  "/logging/syslog/enabled": effective(sinks, "syslog.enabled", proofs.syslogTcp),
  ...each(
    effective(sinks, "{ host, port, protocol } = syslog", proofs.syslogUdp),
    ["host", "port", "protocol"],
    "/logging/syslog/",
  ),
  "/logging/syslog/facility": effective(sinks, "syslog.facility", proofs.syslogUdp),
  "/logging/logstash/enabled": effective(sinks, "logstash.enabled", proofs.logstash),
  ...each(
    effective(sinks, "{ host, port, index, ssl } = logstash", proofs.logstash),
    ["host", "port", "index"],
    "/logging/logstash/",
  ),
  "/logging/logstash/ssl/enabled": effective(sinks, "ssl.enabled", proofs.logstashTls),
  "/logging/logstash/ssl/caCert": effective(sinks, "ssl.caCert", proofs.logstashTls),
  "/logging/elasticsearch/enabled": effective(sinks, "elasticsearch.enabled", proofs.elasticsearch),
  ...each(
    effective(sinks, "{ hosts, index, auth } = elasticsearch", proofs.elasticsearch),
    ["hosts", "index"],
    "/logging/elasticsearch/",
  ),
  "/logging/elasticsearch/auth/username": effective(sinks, "auth.username", proofs.elasticsearch),
  "/logging/elasticsearch/auth/password": effective(sinks, "auth.password", proofs.elasticsearch),
  ...each(
    effective("servers/runtime/runServer.ts", fields, proofs.logFields),
    ["service", "environment", "version"],
    "/logging/fields/",
  ),
};
